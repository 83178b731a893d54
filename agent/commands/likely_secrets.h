// LikelySecrets: what reads like a secret, for texts that leave the host: nobody has told what is one in a YAML's
// literal password, or in a program's own words. It finds too much rather than too little. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace vf::agent {

/// `text` with `***` for the value behind a name that speaks of a secret (password: x, "api_key": "x", TOKEN=x), for
/// the password in a URL, for what follows Bearer and Basic, and for the inside of a PEM private key. JSON stays JSON.
[[nodiscard]] std::string without_likely_secrets(std::string text);

/// The values behind such names, of 4 bytes or more, numbered as mask_secrets() wants them; references to variables or
/// Vector's own secrets (${X}, SECRET[a.b]) are none.
[[nodiscard]] std::map<std::string, std::string> likely_secrets_in(std::string_view text);

/// Of an environment: values of variables whose names speak of a secret, and passwords in the URLs of any.
[[nodiscard]] std::map<std::string, std::string> likely_secrets_of(
    const std::map<std::string, std::string>& environment);

}  // namespace vf::agent
