#include "agent/commands/completion.h"

#include <algorithm>
#include <utility>

#include "agent/options_table.h"

namespace vf::agent {
namespace {

/// A flag that may stand on the command line, whichever table it is of.
struct Known {
  std::vector<std::string> spellings;  // "-n", "--lines"
  bool takes_value = false;
  std::string help;
  const Parameter* parameter = nullptr;  // null for an option of the agent's
  Completes completes = Completes::nothing;
};

std::vector<std::string> spellings_of(std::string_view flags) {
  std::vector<std::string> all;
  while (!flags.empty()) {
    const std::size_t end = std::min(flags.find(','), flags.size());
    all.emplace_back(flags.substr(0, end));
    flags.remove_prefix(std::min(end + 1, flags.size()));
  }
  return all;
}

Completes what_of(const Option& option) {
  if (option.value == "FOLDER") return Completes::folder;
  if (option.value == "FILE" || option.value == "PROGRAM") return Completes::file;
  return Completes::nothing;
}

std::vector<Known> flags_of(const CommandEntry& command) {
  std::vector<Known> known;
  for (const Parameter& one : command.parameters)
    if (!one.flags.empty() && !one.hidden)
      known.push_back({spellings_of(one.flags), !one.value.empty(), std::string(one.help), &one, one.completes});
  if (command.name == "run")
    for (const Option& option : option_table())
      if (std::string flag = flag_of(option); !flag.empty())
        known.push_back({{std::move(flag)}, true, "takes " + std::string(option.takes), nullptr, what_of(option)});
  known.push_back({{"-h", "--help"}, false, "its help", nullptr, Completes::nothing});
  return known;
}

const Known* find(const std::vector<Known>& known, const std::string& spelling) {
  for (const Known& one : known)
    if (std::find(one.spellings.begin(), one.spellings.end(), spelling) != one.spellings.end()) return &one;
  return nullptr;
}

class Completer {
 public:
  Completer(std::string unfinished, std::string data_dir, const NamesOfAgent& names)
      : unfinished_(std::move(unfinished)), data_dir_(std::move(data_dir)), names_(names) {}

  Completion of_commands() && {
    for (const CommandEntry& command : command_table())
      if (!command.hidden) offer(command.name, command.help);
    offer("help", "a command's help");
    if (unfinished_.starts_with('-')) {
      offer("--help", "all options");
      offer("--version", "the program's version");
      offer_flags(flags_of(*command_named("run")), {});
    }
    return std::move(made_);
  }

  Completion of_command(const CommandEntry& command, const std::vector<std::string>& before) && {
    const std::vector<Known> known = flags_of(command);
    std::vector<std::string> operands, given;
    const Known* open = nullptr;  // a flag whose value comes next
    for (const std::string& word : before) {
      if (open != nullptr) {
        take_value(*open, word);
        open = nullptr;
      } else if (word.size() > 1 && word.starts_with('-')) {
        const std::size_t equals = word.find('=');
        const Known* const flag = find(known, word.substr(0, equals));
        given.push_back(word.substr(0, equals));
        if (flag != nullptr && flag->takes_value && equals == std::string::npos) open = flag;
        if (flag != nullptr && equals != std::string::npos) take_value(*flag, word.substr(equals + 1));
      } else {
        operands.push_back(word);
      }
    }
    if (open != nullptr) {
      offer_values(open->parameter, open->completes, operands);
    } else if (unfinished_.starts_with('-') && unfinished_ != "-") {
      offer_value_behind_equals(known, operands);
      offer_flags(known, given);
    } else {
      offer_operand(command, operands);
      if (unfinished_ == "-" || made_.candidates.empty()) offer_flags(known, given);
    }
    return std::move(made_);
  }

 private:
  void offer(std::string_view word, std::string_view help) {
    if (word.starts_with(unfinished_)) made_.candidates.push_back({std::string(word), std::string(help)});
  }

  void take_value(const Known& flag, const std::string& value) {
    if (flag.spellings.front() == "--data-dir") data_dir_ = value;
  }

  void offer_flags(const std::vector<Known>& known, const std::vector<std::string>& given) {
    for (const Known& one : known) {
      const bool again = std::any_of(one.spellings.begin(), one.spellings.end(), [&](const std::string& spelling) {
        return std::find(given.begin(), given.end(), spelling) != given.end();
      });
      if (again) continue;
      for (const std::string& spelling : one.spellings)
        if (spelling.starts_with("--") || unfinished_ == spelling) offer(spelling, one.help);
    }
  }

  void offer_values(const Parameter* parameter, Completes completes, const std::vector<std::string>& operands) {
    if (parameter != nullptr)
      for (const std::string_view choice : parameter->choices) offer(choice, "");
    switch (completes) {
      case Completes::nothing:
        return;
      case Completes::pipeline:
        for (const std::string& name : names_.pipelines(data_dir_)) offer(name, "");
        return;
      case Completes::component:
        if (operands.empty()) return;
        for (const std::string& name : names_.components(data_dir_, operands.front())) offer(name, "");
        return;
      case Completes::file:
        made_.by_shell = ByShell::files;
        return;
      case Completes::folder:
        made_.by_shell = ByShell::folders;
        return;
    }
  }

  /// --output=js: the whole word is what the shell replaces.
  void offer_value_behind_equals(const std::vector<Known>& known, const std::vector<std::string>& operands) {
    const std::size_t equals = unfinished_.find('=');
    if (equals == std::string::npos) return;
    const std::string flag = unfinished_.substr(0, equals);
    const Known* const found = find(known, flag);
    if (found == nullptr) return;
    const std::string whole = std::exchange(unfinished_, unfinished_.substr(equals + 1));
    offer_values(found->parameter, found->completes, operands);
    made_.by_shell = ByShell::nothing;
    for (Candidate& candidate : made_.candidates) candidate.word.insert(0, flag + "=");
    unfinished_ = whole;
  }

  void offer_operand(const CommandEntry& command, const std::vector<std::string>& operands) {
    std::size_t at = 0;
    for (const Parameter& one : command.parameters) {
      if (!one.flags.empty()) continue;
      if (one.many || at++ == operands.size()) return offer_values(&one, one.completes, operands);
    }
  }

  std::string unfinished_;
  std::string data_dir_;
  const NamesOfAgent& names_;
  Completion made_;
};

// They ask for candidates, one a line: the word, a tab, what it is; or ":files" and ":folders".
constexpr std::string_view bash_script = R"sh(# vf-agent: completion for bash. source <(vf-agent completion bash)
_vf_agent() {
  local current=${COMP_WORDS[COMP_CWORD]} line word
  local -a before=("${COMP_WORDS[@]:1:COMP_CWORD-1}")
  # bash divides at '=', and leaves quotes and backslashes in.
  [[ $current == '=' ]] && current=
  local -a words=()
  for word in "${before[@]}" "$current"; do
    [[ $word == '=' ]] && continue
    word=${word//\\/}
    word=${word//[\"\']/}
    words+=("$word")
  done
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :files) compopt -o filenames 2> /dev/null; mapfile -t COMPREPLY < <(compgen -f -- "${words[-1]}"); return ;;
      :folders) compopt -o filenames 2> /dev/null; mapfile -t COMPREPLY < <(compgen -d -- "${words[-1]}"); return ;;
      *) COMPREPLY+=("$(printf '%q' "${line%%$'\t'*}")") ;;
    esac
  done < <("$1" complete-words -- "${words[@]}" 2> /dev/null)
}
complete -F _vf_agent vf-agent
)sh";

constexpr std::string_view zsh_script = R"sh(#compdef vf-agent
# vf-agent: completion for zsh. vf-agent completion zsh > "${fpath[1]}/_vf-agent"
_vf_agent() {
  local line word
  local -a candidates shown before
  before=("${(@Q)words[2,CURRENT-1]}")
  while IFS= read -r line; do
    case $line in
      :files) _files; return ;;
      :folders) _files -/; return ;;
      *)
        word=${line%%$'\t'*}
        candidates+=("$word")
        if [[ $line == *$'\t'* ]]; then
          shown+=("${(r:24:)word}  ${line#*$'\t'}")
        else
          shown+=("$word")
        fi
        ;;
    esac
  done < <("${~words[1]}" complete-words -- "${before[@]}" "${(Q)PREFIX}" 2> /dev/null)
  (( $#candidates )) && compadd -l -d shown -a candidates
}
if [[ $funcstack[1] == _vf_agent || $funcstack[1] == _vf-agent ]]; then
  _vf_agent "$@"
else
  compdef _vf_agent vf-agent
fi
)sh";

constexpr std::string_view fish_script =
    R"sh(# vf-agent: completion for fish. vf-agent completion fish > ~/.config/fish/completions/vf-agent.fish
function __vf_agent_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    for line in ($program complete-words -- $words "$current" 2> /dev/null)
        switch $line
            case :files
                __fish_complete_path "$current"
            case :folders
                __fish_complete_directories "$current"
            case '*'
                printf '%s\n' $line
        end
    end
end
complete -c vf-agent -f -a '(__vf_agent_complete)'
)sh";

}  // namespace

Completion complete(std::vector<std::string> words, const std::string& data_dir, const NamesOfAgent& names) {
  if (words.empty()) words.emplace_back();
  std::string unfinished = std::move(words.back());
  words.pop_back();
  Completer completer(std::move(unfinished), data_dir, names);
  if (words.empty()) return std::move(completer).of_commands();
  if (words.front() == "help") return words.size() == 1 ? std::move(completer).of_commands() : Completion{};
  const bool bare = words.front().starts_with('-');  // `vf-agent --url …` runs
  const CommandEntry* const command = command_named(bare ? "run" : words.front());
  if (command == nullptr) return {};
  if (!bare) words.erase(words.begin());
  return std::move(completer).of_command(*command, words);
}

std::string completion_script(std::string_view shell) {
  if (shell == "zsh") return std::string(zsh_script);
  return std::string(shell == "fish" ? fish_script : bash_script);
}

}  // namespace vf::agent
