// UpgradeRecord: VF_DATA_DIR/state/upgrade, a sealed file (state/sealed_file.h) that is there while a binary is on
// trial in the place of the one before. Whoever finds it and is not on trial knows that the trial went wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "supervisor/result.h"

namespace vf::agent {

struct UpgradeRecord {
  std::string from;     ///< the version that handed over
  std::string target;   ///< the version on trial
  std::string failure;  ///< why the one before came back, in words; "" while nothing is known
  friend bool operator==(const UpgradeRecord&, const UpgradeRecord&) = default;
};

// All block.

/// Atomic, and on the disk when it returns.
[[nodiscard]] Status write_upgrade_record(const std::string& data_dir, const UpgradeRecord& record);
/// Nothing where there is none. One that cannot be used is removed, and an Error.
[[nodiscard]] Result<std::optional<UpgradeRecord>> read_upgrade_record(const std::string& data_dir);
[[nodiscard]] Status remove_upgrade_record(const std::string& data_dir);

}  // namespace vf::agent
