// A disk of a few megabytes, to be filled or made read-only. Needs root: mounting does.
#pragma once

#include <sys/mount.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "temporary_folder.h"

class SmallDisk {
 public:
  SmallDisk() { mounted_ = ::geteuid() == 0 && ::mount("tmpfs", path().c_str(), "tmpfs", 0, "size=1m") == 0; }
  ~SmallDisk() {
    if (mounted_) ::umount2(path().c_str(), MNT_DETACH);
  }

  /// False where mounting is not allowed: the test then has nothing to say.
  bool usable() const { return mounted_; }
  const std::string& path() const { return folder_.path(); }

  /// Leaves no room until make_room().
  void fill() {
    std::ofstream filler(path() + "/filler", std::ios::binary);
    std::string block(4096, 'x');
    while (filler.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }
  void make_room() { ::unlink((path() + "/filler").c_str()); }
  void make_read_only() { ::mount(nullptr, path().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr); }

 private:
  TemporaryFolder folder_;
  bool mounted_;
};
