#include "metrics/mounts.h"

#include <linux/magic.h>

#include <algorithm>
#include <array>

#include "metrics/counter.h"
#include "metrics/fields.h"

namespace vf::metrics {
namespace {

struct LocalType {
  std::string_view name;
  std::uint32_t magic;
};

// Numbers stand for types whose magic <linux/magic.h> does not have.
constexpr std::array local_types = {
    LocalType{"ext4", EXT4_SUPER_MAGIC},    LocalType{"xfs", XFS_SUPER_MAGIC},
    LocalType{"btrfs", BTRFS_SUPER_MAGIC},  LocalType{"zfs", 0x2fc12fc1},
    LocalType{"ext3", EXT3_SUPER_MAGIC},    LocalType{"ext2", EXT2_SUPER_MAGIC},
    LocalType{"f2fs", F2FS_SUPER_MAGIC},    LocalType{"vfat", MSDOS_SUPER_MAGIC},
    LocalType{"exfat", EXFAT_SUPER_MAGIC},  LocalType{"ntfs3", 0x7366746e},
    LocalType{"bcachefs", 0xca451a4e},      LocalType{"jfs", 0x3153464a},
    LocalType{"nilfs2", NILFS_SUPER_MAGIC}, LocalType{"reiserfs", REISERFS_SUPER_MAGIC},
};

bool may_hang(std::string_view type) {
  for (const std::string_view prefix :
       {"nfs", "cifs", "smb", "fuse", "autofs", "ceph", "9p", "afs", "lustre", "gluster", "gpfs", "ocfs2", "gfs"}) {
    if (type.starts_with(prefix)) return true;
  }
  return false;
}

constexpr bool is_octal(char c) {
  return c >= '0' && c <= '7';
}

// mountinfo writes blank, tab, newline and backslash as \ooo.
std::string unescape_octal(std::string_view raw) {
  std::string text;
  text.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '\\' && i + 3 < raw.size() && is_octal(raw[i + 1]) && is_octal(raw[i + 2]) && is_octal(raw[i + 3])) {
      text.push_back(static_cast<char>((raw[i + 1] - '0') * 64 + (raw[i + 2] - '0') * 8 + (raw[i + 3] - '0')));
      i += 3;
    } else {
      text.push_back(raw[i]);
    }
  }
  return text;
}

// A directory "/" has nothing below it: were the root dead, so would we be.
bool is_below(std::string_view path, std::string_view directory) {
  return path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/');
}

}  // namespace

std::vector<LocalMount> local_mounts(std::string_view mountinfo) {
  std::vector<LocalMount> mounts;
  std::vector<std::string> hanging;
  while (!mountinfo.empty()) {
    // 36 35 98:0 /root/in/it /mnt rw,noatime shared:1 - ext4 /dev/sda1 rw: a varying number of fields before the '-'
    std::string_view line = take_line(mountinfo);
    skip_fields(line, 2);
    const std::string_view device = take_field(line);
    skip_fields(line, 1);
    const std::string_view mount_point = take_field(line);
    std::string_view field = take_field(line);
    while (!field.empty() && field != "-") field = take_field(line);
    const std::string_view type = take_field(line);
    const std::string_view source = take_field(line);
    if (type.empty() || !mount_point.starts_with('/')) continue;

    if (may_hang(type)) hanging.push_back(unescape_octal(mount_point));
    const auto local = std::find_if(local_types.begin(), local_types.end(),
                                    [&](const LocalType& candidate) { return candidate.name == type; });
    if (local == local_types.end() || source.starts_with("/dev/loop")) continue;
    LocalMount mount{std::string(device), "", unescape_octal(mount_point), local->magic};
    if (type == "zfs") mount.pool = unescape_octal(source.substr(0, source.find('/')));
    mounts.push_back(std::move(mount));
  }
  std::erase_if(mounts, [&](const LocalMount& mount) {
    return std::any_of(hanging.begin(), hanging.end(),
                       [&](const std::string& above) { return is_below(mount.mount_point, above); });
  });
  return mounts;
}

void FilesystemSum::add(const LocalMount& mount, const FilesystemSize& size) {
  if (!devices_.insert(mount.device).second) return;
  if (mount.pool.empty()) {
    plain_.total = add_counters(plain_.total, size.total);
    plain_.used = add_counters(plain_.used, size.used);
    plain_.free = add_counters(plain_.free, size.free);
    return;
  }
  // Each dataset claims the whole of what the pool has free.
  FilesystemSize& pool = pools_[mount.pool];
  pool.used = add_counters(pool.used, size.used);
  pool.free = std::max(pool.free, size.free);
}

FilesystemSize FilesystemSum::total() const {
  FilesystemSize sum = plain_;
  for (const auto& [name, pool] : pools_) {
    sum.total = add_counters(sum.total, add_counters(pool.used, pool.free));
    sum.used = add_counters(sum.used, pool.used);
    sum.free = add_counters(sum.free, pool.free);
  }
  return sum;
}

}  // namespace vf::metrics
