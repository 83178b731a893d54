// Reading the agent's answers: what is missing, or of another type than it should be, reads as empty. Pure.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "supervisor/result.h"

namespace vf::agent {

[[nodiscard]] Result<boost::json::object> read_object(std::string_view text);

[[nodiscard]] std::string words(const boost::json::object& from, std::string_view name);
[[nodiscard]] std::int64_t whole(const boost::json::object& from, std::string_view name);  ///< 0 where missing
[[nodiscard]] std::optional<double> number(const boost::json::object& from, std::string_view name);
[[nodiscard]] const boost::json::array& items(const boost::json::object& from, std::string_view name);
[[nodiscard]] const boost::json::object& part(const boost::json::object& from, std::string_view name);

}  // namespace vf::agent
