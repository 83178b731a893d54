#include "supervisor/result.h"

#include <system_error>

namespace vf {

Error system_error(std::string attempted, int errnum) {
  return {std::move(attempted), std::generic_category().message(errnum) + " (errno " + std::to_string(errnum) + ")",
          errnum};
}

}  // namespace vf
