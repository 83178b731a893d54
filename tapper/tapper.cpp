#include "tapper/tapper.h"

#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "tapper/tap.h"

namespace vf::tapper {

using Key = std::pair<std::string, std::string>;  // pipeline, component

struct Tapper::Impl final : std::enable_shared_from_this<Impl> {
  explicit Impl(Parts with) : parts(std::move(with)) {}

  struct Place final : Watch {
    Place(std::shared_ptr<Impl> impl, Key key, Viewer& of) : owner(std::move(impl)), at(std::move(key)), viewer(of) {
      owner->places.insert(this);
    }
    ~Place() override {
      owner->places.erase(this);
      if (!ended) owner->leave(at, viewer);
    }
    const std::shared_ptr<Impl> owner;
    const Key at;
    Viewer& viewer;
    bool ended = false;  // it was told so
    std::unique_ptr<boost::asio::steady_timer> over;
    const std::shared_ptr<bool> alive = std::make_shared<bool>(true);  // for a timer that fired as the Place went
  };

  void leave(const Key& key, Viewer& viewer) {
    const auto tap = taps.find(key);
    if (tap == taps.end()) return;
    tap->second->remove(viewer);
    if (!tap->second->watched()) taps.erase(tap);
  }

  void end(const Key& key, const std::string& reason) {
    auto tap = taps.extract(key);
    if (!tap) return;
    for (Place* const place : places)
      if (place->at == key) place->ended = true;
    tap.mapped()->end(reason);
  }

  /// The five minutes of one viewer; others may have come later.
  void expire(Place& place) {
    if (place.ended) return;
    place.ended = true;
    leave(place.at, place.viewer);
    place.viewer.on_end("five minutes are over");
  }

  const Parts parts;
  std::map<Key, std::unique_ptr<Tap>> taps;
  std::set<Place*> places;
  bool stopped = false;
};

Tapper::Tapper(Parts parts) : impl_(std::make_shared<Impl>(std::move(parts))) {}

Tapper::~Tapper() {
  impl_->stopped = true;
  for (Impl::Place* const place : impl_->places) {
    place->ended = true;
    place->over.reset();  // its loop may be gone before the Place is
  }
  impl_->taps.clear();
}

Result<std::unique_ptr<Tapper::Watch>> Tapper::watch(const std::string& pipeline_id, const std::string& component_id,
                                                     Viewer& viewer) {
  Impl& impl = *impl_;
  const Key key(pipeline_id, component_id);
  const auto refused = [&](std::string why) { return Error{"tap " + component_id, std::move(why), 0}; };
  if (impl.stopped) return refused("the agent is ending");
  if (!impl.parts.find(pipeline_id, component_id)) return refused("there is no such pipeline here");
  if (impl.places.size() >= most_viewers)
    return refused("so many watch already (" + std::to_string(most_viewers) + "); end one of them first");
  auto tap = impl.taps.find(key);
  if (tap == impl.taps.end()) {
    if (impl.taps.size() >= most_taps) {
      std::string running;
      for (const auto& [other, of] : impl.taps) running += (running.empty() ? "" : ", ") + of->words();
      return refused(std::to_string(most_taps) + " components are tapped already (" + running +
                     "); end one of these first");
    }
    tap = impl.taps.emplace(key, std::make_unique<Tap>(impl.parts, pipeline_id, component_id)).first;
  }
  auto place = std::make_unique<Impl::Place>(impl_, key, viewer);
  place->over = std::make_unique<boost::asio::steady_timer>(impl.parts.loop, impl.parts.longest_watch);
  place->over->async_wait([at = place.get(), alive = std::weak_ptr(place->alive)](boost::system::error_code cancelled) {
    if (!cancelled && !alive.expired()) at->owner->expire(*at);
  });
  tap->second->add(viewer);
  if (!tap->second->has_process()) (void)tap->second->look();
  return std::unique_ptr<Watch>(std::move(place));
}

void Tapper::pipeline_changed(const std::string& pipeline_id) {
  std::vector<Key> gone;
  for (const auto& [key, tap] : impl_->taps)
    if (key.first == pipeline_id && !tap->look()) gone.push_back(key);
  for (const Key& key : gone) impl_->end(key, "the pipeline is not run here any more");
}

void Tapper::stop(const std::string& reason) {
  impl_->stopped = true;
  while (!impl_->taps.empty()) impl_->end(Key(impl_->taps.begin()->first), reason);
}

std::size_t Tapper::running() const {
  std::size_t count = 0;
  for (const auto& [key, tap] : impl_->taps) count += tap->has_process() ? 1 : 0;
  return count;
}

}  // namespace vf::tapper
