#include "agent/update/updater.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <cerrno>
#include <climits>
#include <cstdlib>

#include "agent/update/binary_files.h"
#include "agent/version.h"

namespace vf::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr auto hold = std::chrono::minutes(5);
constexpr std::chrono::seconds answer_patience{20};
constexpr std::size_t most_printed = 4096;
constexpr milliseconds trial_turn{100};

Result<std::string> real_path(const std::string& path) {
  char resolved[PATH_MAX];
  if (::realpath(path.c_str(), resolved) == nullptr) return system_error("find " + path, errno);
  return std::string(resolved);
}

/// The first lines of what a program printed, for a person, on one line.
std::string excerpt(const std::string& printed) {
  std::string text = printed.substr(0, 300);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  return text.empty() ? "nothing" : "\"" + text + "\"";
}

}  // namespace

Updater::Updater(Parts parts) : parts_(std::move(parts)), turn_(parts_.loop) {}

Updater::~Updater() {
  stop();
}

void Updater::stop() {
  stopped_ = true;
  if (trial_) trial_->tell(TrialWord::stopping);
  if (download_) download_->cancel();
  if (cancel_) std::exchange(cancel_, nullptr)();
  turn_.cancel();
}

// --- an order ---

void Updater::offer(const UpdateOrder& order) {
  if (stopped_ || stage_ != Stage::idle) return;
  const auto vetted = vet(order, {version, parts_.in_container, parts_.options.update_public_key});
  if (!vetted) {
    parts_.log.warn("asked to update to version " + order.target_version.substr(0, 100) +
                    ", refused: " + vetted.error().reason);
    return parts_.report(vetted.error().reason);
  }
  if (!vetted.value()) return;  // it is what runs
  const Update update = *vetted.value();
  if (const auto held = held_.find(update.version); held != held_.end() && steady_clock::now() < held->second) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(held->second - steady_clock::now());
    return parts_.report("version " + update.version + " failed here a moment ago; not tried again for " +
                         std::to_string(left.count()) + " s");
  }
  const auto binary = real_path(parts_.launch.binary);
  if (!binary) return fail(update.version, binary.error().message());
  parts_.log.info("updating from version " + std::string(version) + " to " + update.version + ": downloading");
  stage_ = Stage::fetching;
  if (!worker_) worker_ = std::make_unique<WorkerPool>("update", 1);
  download_ = std::make_shared<Download>(parts_.http);
  worker_->submit([this, update, download = download_, file = update_path(binary.value())] {
    Status done = download->run(update, file);
    boost::asio::post(parts_.loop, [this, update, done = std::move(done)] { fetched(update, done); });
  });
}

void Updater::fetched(const Update& update, const Status& done) {
  download_.reset();
  if (stopped_) return;
  if (!done) return fail(update.version, done.error().reason);
  const auto binary = real_path(parts_.launch.binary);
  if (!binary) return fail(update.version, binary.error().message());
  check({binary.value(), true, false, update.version}, update_path(binary.value()), update.version);
}

void Updater::reexec() {
  if (stopped_) return;
  if (stage_ != Stage::idle) return parts_.log.warn("SIGUSR2: an upgrade is under way already");
  const auto binary = real_path(parts_.launch.binary);
  if (!binary) return parts_.log.error("SIGUSR2: " + binary.error().message() + "; this version runs on");
  parts_.log.info("SIGUSR2: becoming what is at " + binary.value() + " now");
  check({binary.value(), false, false, ""}, binary.value(), "");
}

/// `wanted`: the version it must be; "": any.
void Updater::check(Upgrade upgrade, const std::string& file, const std::string& wanted) {
  stage_ = Stage::checking;
  ask(file, {"--version"}, [this, upgrade, file, wanted](const Result<supervisor::Captured>& said) mutable {
    const std::string found = said ? version_in(said.value().output) : "";
    if (!said) return fail(wanted, said.error().message());
    if (found.empty()) return fail(wanted, file + " is no vf-agent: it printed " + excerpt(said.value().output));
    if (!wanted.empty() && !is_same_version(found, wanted))
      return fail(wanted, "the downloaded file is version " + found + " and not " + wanted);
    upgrade.target = found;
    check_options(std::move(upgrade), file);
  });
}

void Updater::check_options(Upgrade upgrade, const std::string& file) {
  std::vector<std::string> arguments(parts_.launch.arguments.begin() + 1, parts_.launch.arguments.end());
  arguments.emplace_back("--check-options");
  ask(file, std::move(arguments), [this, upgrade](const Result<supervisor::Captured>& said) {
    if (!said) return fail(upgrade.target, said.error().message());
    const supervisor::ExitStatus& status = said.value().status;
    if (status.code != 0 || status.signal != 0)
      return fail(upgrade.target, "version " + upgrade.target +
                                      " does not accept this host's options: " + excerpt(said.value().output));
    keep(upgrade);
  });
}

void Updater::keep(Upgrade upgrade) {
  if (!worker_) worker_ = std::make_unique<WorkerPool>("update", 1);
  worker_->submit([this, upgrade]() mutable {
    const Status kept = keep_previous(upgrade.binary);
    upgrade.keep_previous = kept.ok();
    boost::asio::post(parts_.loop, [this, upgrade, kept] {
      if (stopped_) return;
      if (!kept && upgrade.place_update) return fail(upgrade.target, kept.error().message());
      if (!kept) parts_.log.warn(kept.error().message() + "; were the new binary to fail, its file would stay");
      stage_ = Stage::handing_over;
      parts_.hand_over(upgrade);
    });
  });
}

void Updater::ask(const std::string& file, std::vector<std::string> arguments,
                  std::function<void(Result<supervisor::Captured>)> done) {
  supervisor::Command command;
  command.executable = file;
  command.arguments = std::move(arguments);
  command.environment = parts_.launch.environment;
  cancel_ = supervisor::capture(parts_.loop, std::move(command), answer_patience, most_printed,
                                [this, done = std::move(done)](Result<supervisor::Captured> said) {
                                  cancel_ = nullptr;
                                  if (!stopped_) done(std::move(said));
                                });
}

void Updater::fail(const std::string& of_version, const std::string& why) {
  stage_ = Stage::idle;
  if (!of_version.empty()) held_[of_version] = steady_clock::now() + hold;
  const std::string target = of_version.empty() ? "" : " to version " + of_version;
  parts_.log.error("the upgrade" + target + " is given up, version " + version + " runs on: " + why);
  parts_.report("upgrade" + target + ": " + why);
  if (!worker_) return;
  if (const auto binary = real_path(parts_.launch.binary))
    worker_->submit([binary = binary.value()] { clear_upgrade_files(binary); });
}

// --- a trial ---

void Updater::start(std::optional<Handover> handover) {
  if (handover) {
    from_ = handover->from;
    if (!handover->failure.empty()) return fail("", handover->failure);
    parts_.log.info("took over from version " + from_ + " in the same process");
    stage_ = Stage::on_trial;
    trial_ = std::make_unique<Trial>(take_inherited(handover->trial), handover->was_connected);
    return watch_trial();
  }
  if (::access((parts_.options.data_dir + "/state/upgrade").c_str(), F_OK) != 0) return;
  worker_ = std::make_unique<WorkerPool>("update", 1);
  worker_->submit([this] {
    auto record = read_upgrade_record(parts_.options.data_dir);
    (void)remove_upgrade_record(parts_.options.data_dir);
    boost::asio::post(parts_.loop, [this, record = std::move(record)] { learn_of_failure(record); });
  });
}

/// The image on trial is not there any more, and this one is not on trial: the one before came back, or the host went
/// down in between.
void Updater::learn_of_failure(const Result<std::optional<UpgradeRecord>>& record) {
  if (!record) return parts_.log.warn(record.error().message());
  if (stopped_ || stage_ != Stage::idle || !record.value()) return;
  const UpgradeRecord& found = *record.value();
  if (!is_same_version(found.from, version) || found.failure.empty()) return;
  fail(found.target,
       "version " + found.target + " did not stand: " + found.failure + "; version " + found.from + " is back");
}

void Updater::watch_trial() {
  turn_.expires_after(trial_turn);
  turn_.async_wait([this](boost::system::error_code cancelled) {
    if (cancelled || stopped_) return;
    if (!trial_->turn(parts_.state_is_read(), parts_.link())) return watch_trial();
    trial_->tell(TrialWord::healthy);
    stage_ = Stage::idle;
    parts_.log.info("the upgrade from version " + from_ + " to " + version + " is healthy");
    if (!worker_) worker_ = std::make_unique<WorkerPool>("update", 1);
    const auto binary = real_path(parts_.launch.binary);
    worker_->submit([this, binary = binary ? binary.value() : parts_.launch.binary] {
      (void)remove_upgrade_record(parts_.options.data_dir);
      clear_upgrade_files(binary);
    });
  });
}

std::string_view to_string(Updater::Stage stage) {
  switch (stage) {
    case Updater::Stage::idle:
      return "";
    case Updater::Stage::fetching:
      return "downloading";
    case Updater::Stage::checking:
      return "checking the new binary";
    case Updater::Stage::handing_over:
      return "handing over";
    case Updater::Stage::on_trial:
      return "on trial";
  }
  return "";
}

// --- the last act ---

Error perform_upgrade(const Upgrade& upgrade, const Launch& launch, const std::string& data_dir, milliseconds trial,
                      Handover handover) {
  const auto stay = [&](const Error& why) {  // the same program once more: it goes on, and tells
    Handover same = handover;
    same.trial = -1;
    same.failure = why.message();
    (void)remove_upgrade_record(data_dir);
    return system_error("start " + launch.binary + " again", exec_image("/proc/self/exe", launch, same));
  };
  GuardOrder order;
  order.agent = ::getpid();
  order.trial = trial;
  order.data_dir = data_dir;
  order.binary = upgrade.binary;
  order.put_back = upgrade.keep_previous;
  order.from = handover.from;
  order.target = upgrade.target;
  if (const Status written = write_upgrade_record(data_dir, {handover.from, upgrade.target, ""}); !written)
    return stay(written.error());
  auto guard = start_guard(order, launch);
  if (!guard) return stay(guard.error());
  if (upgrade.place_update)
    if (const Status placed = place_update(upgrade.binary); !placed) {
      const char word = static_cast<char>(TrialWord::stopping);
      (void)!::write(guard.value().get(), &word, 1);
      return stay(placed.error());
    }
  handover.trial = guard.value().get();
  const int failed = exec_image(upgrade.binary, launch, handover);
  // The guard would bring the file back and start this program a second time: it is told not to.
  const char word = static_cast<char>(TrialWord::stopping);
  (void)!::write(guard.value().get(), &word, 1);
  if (upgrade.keep_previous && upgrade.place_update) (void)bring_back_previous(upgrade.binary);
  return stay(system_error("become " + upgrade.binary, failed));
}

}  // namespace vf::agent
