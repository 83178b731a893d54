// vf-agent top
#include <unistd.h>

#include <chrono>
#include <optional>
#include <thread>

#include "agent/commands/commands.h"
#include "agent/commands/full_screen.h"
#include "agent/commands/json_reading.h"
#include "agent/commands/terminal.h"
#include "agent/commands/top_rates.h"
#include "agent/commands/top_text.h"
#include "agent/local/local_client.h"

namespace vf::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

// Somebody waits for a key to be taken.
constexpr milliseconds patience{2000};
// Vector's figures are read every 5 s while somebody asks; a pipeline may have none.
constexpr seconds until_rates_are_known{8};
constexpr milliseconds between_first_looks{500};

struct Look {
  std::vector<TopRow> rows;
  std::string agent;
};

/// Why there is nothing to see, and the exit code for it.
struct Refused {
  std::string words;
  int code;
};

class Looker {
 public:
  explicit Looker(const Invocation& asked) : data_dir_(asked.data_dir) {}

  std::optional<Refused> look(Look& into, milliseconds at_most) {
    const auto readings = get("/readings", at_most);
    if (const auto* const refused = std::get_if<Refused>(&readings)) return *refused;
    const auto status = get("/status", at_most);
    if (const auto* const refused = std::get_if<Refused>(&status)) return *refused;
    const auto& report = std::get<boost::json::object>(status);
    const auto& link = part(report, "link");
    into.rows = rates_.take(std::get<boost::json::object>(readings), report);
    into.agent = "vf-agent " + words(report, "version") + ", control plane " + words(link, "state") +
                 (words(link, "reason").empty() ? "" : ": " + words(link, "reason"));
    return std::nullopt;
  }
  [[nodiscard]] bool rates_are_known() const { return rates_.are_known(); }

 private:
  std::variant<boost::json::object, Refused> get(const std::string& target, milliseconds at_most) const {
    const auto reply = ask_agent(data_dir_, target, at_most);
    if (!reply) return Refused{reply.error().message(), exit_code::unreachable};
    if (reply.value().status != 200) return Refused{reason_of(reply.value()), exit_code::failed};
    auto read = read_object(reply.value().body);
    if (!read) return Refused{read.error().message(), exit_code::failed};
    return std::move(read).value();
  }

  const std::string data_dir_;
  TopRates rates_;
};

bool print_table(const Look& seen, TopSort sort, bool as_json, const Terminal& terminal) {
  if (as_json) return print(top_json(seen.rows) + "\n");
  TopView view;
  view.agent = seen.agent;
  view.sort = sort;
  std::string text;
  for (const std::string& line : top_text(seen.rows, view, terminal.style)) text += line + "\n";
  return print(text);
}

/// So many tables one below the other.
int print_tables(const Invocation& asked, std::uint64_t count, TopSort sort) {
  Looker looker(asked);
  Look seen;
  const seconds delay(asked.number("delay", 2));
  const auto begun = steady_clock::now();
  for (std::uint64_t i = 0; i < count; ++i) {
    if (i > 0) std::this_thread::sleep_for(delay);
    for (;;) {
      if (const auto refused = looker.look(seen, usual_patience)) return complain(refused->words, refused->code);
      if (i > 0 || looker.rates_are_known() || steady_clock::now() - begun > until_rates_are_known) break;
      std::this_thread::sleep_for(between_first_looks);
    }
    sort_rows(seen.rows, sort);
    const Terminal terminal = look_at_output(asked.environment);
    if (i > 0 && asked.text("output") != "json" && !print("\n")) return exit_code::failed;
    if (!print_table(seen, sort, asked.text("output") == "json", terminal)) return exit_code::failed;
  }
  return exit_code::done;
}

void scroll(FullScreen::Key key, TopView& view, std::size_t rows) {
  using Key = FullScreen::Key;
  const std::size_t page = rows_that_fit(view, rows);
  const std::size_t last = rows - page;
  if (key == Key::up && view.first > 0) --view.first;
  if (key == Key::down) ++view.first;
  if (key == Key::page_up) view.first -= std::min(view.first, page);
  if (key == Key::page_down) view.first += page;
  if (key == Key::home) view.first = 0;
  if (key == Key::end) view.first = last;
  view.first = std::min(view.first, last);
}

int show_live(const Invocation& asked, TopSort sort) {
  Looker looker(asked);
  Look seen;
  if (const auto refused = looker.look(seen, usual_patience)) return complain(refused->words, refused->code);
  const seconds delay(asked.number("delay", 2));
  FullScreen screen;
  TopView view;
  view.sort = sort;
  for (auto next = steady_clock::now() + delay;;) {
    const Terminal terminal = look_at_output(asked.environment);
    view.lines = terminal.rows;
    view.agent = seen.agent + "   (q quits, s sorts by the next column)";
    scroll(FullScreen::Key::none, view, seen.rows.size());
    sort_rows(seen.rows, view.sort);
    screen.draw(top_text(seen.rows, view, terminal.style));

    const auto left = std::chrono::ceil<milliseconds>(next - steady_clock::now());
    const auto key = screen.wait(std::max(left, milliseconds(0)));
    if (key == FullScreen::Key::quit) return exit_code::done;
    if (key == FullScreen::Key::sort) view.sort = static_cast<TopSort>((static_cast<int>(view.sort) + 1) % top_sorts);
    scroll(key, view, seen.rows.size());
    if (steady_clock::now() < next) continue;
    const auto refused = looker.look(seen, patience);
    view.problem = refused ? refused->words + "; trying again" : "";
    next = steady_clock::now() + delay;
  }
}

}  // namespace

int run_top(const Invocation& asked) {
  const TopSort sort = top_sort_named(asked.text("sort"));
  const bool live = ::isatty(STDIN_FILENO) != 0 && look_at_output(asked.environment).is_one;
  if (asked.has("once") || asked.has("looks")) return print_tables(asked, asked.number("looks", 1), sort);
  if (asked.has("output")) return complain("top: -o is of --once and -n; see `vf-agent top --help`", exit_code::usage);
  if (!live) return complain("top: this is no terminal; `vf-agent top --once` prints one table", exit_code::usage);
  return show_live(asked, sort);
}

}  // namespace vf::agent
