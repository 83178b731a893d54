// MaskYaml: a configuration for people to look at, without what looks like a secret in it. Pure.
//
// A literal scalar under a key that looks secret (password, token, api_key, auth, …) becomes ***, and so do user and
// password in a URL, private keys in PEM, tokens behind Bearer and Basic, and literals that are given to such a name in
// a comment, a script, a query or a command. A value that is nothing but ${A_REFERENCE} or SECRET[a.reference] stays: where a
// secret comes from is no secret. Comments and layout stay where that is safe; otherwise the text is written anew.
#pragma once

#include <string>
#include <string_view>

namespace vf::supervisor {

[[nodiscard]] std::string mask_yaml(std::string_view yaml);

/// Whether a value under this key is to be hidden: "api_key", "Sasl-Password"; not "key_file", "store_key".
[[nodiscard]] bool is_secret_key(std::string_view key);

/// The part that needs no YAML.
[[nodiscard]] std::string mask_words(std::string_view text);

}  // namespace vf::supervisor
