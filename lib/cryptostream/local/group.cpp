// Membership as a lock on one byte of a file beside the log: it dies with the process, however that ends.
#include <cryptostream/broker/topic_rules.h>
#include <cryptostream/local/log_file.h>

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace cryptostream::local {
namespace {

/// A file descriptor with an owner.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  void open(const std::string& file) {
    close();
    number_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  }
  void close() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }
  int number() const { return number_; }

 private:
  int number_;
};

struct flock lock_of(std::int64_t group_id) {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = group_id;
  lock.l_len = 1;
  return lock;
}

class LocalGroup final : public Group {
 public:
  LocalGroup(LogFilePtr file, GroupOptions options) : file_(std::move(file)), options_(std::move(options)) {}

  Result<void> open() {
    CRYPTOSTREAM_TRY_ASSIGN(connection_, file_->open());
    CRYPTOSTREAM_TRY_ASSIGN(id_, register_group());
    lock_.open(file_->lock_name());
    if (lock_.number() < 0)
      return fail(errno == EACCES || errno == EROFS ? ErrorKind::permission : ErrorKind::unavailable,
                  fmt::format("cannot open {}: {}", file_->lock_name(), std::strerror(errno)));
    auto lock = lock_of(id_);
    if (::fcntl(lock_.number(), F_OFD_SETLK, &lock) == 0) return {};
    if (errno == EAGAIN || errno == EACCES)
      return fail(
          ErrorKind::failure,
          fmt::format(
              "application.id \"{}\" is already running on local log {}. A local log takes one process an id: stop "
              "the other one, choose another application.id, or use Kafka (--brokers) to scale out",
              options_.group, file_->name()));
    return fail(ErrorKind::unavailable, fmt::format("cannot lock {}: {}", file_->lock_name(), std::strerror(errno)));
  }

  Result<GroupEvent> poll(std::chrono::milliseconds timeout) override {
    auto deadline = std::chrono::steady_clock::now() + timeout;
    for (;;) {
      auto seen = file_->version();
      {
        std::lock_guard lock(mutex_);
        CRYPTOSTREAM_TRY(check_member());
        if (!std::exchange(assigned_, true) && options_.units > 0) {
          GroupEvent event{GroupEvent::Type::assigned, {}};
          for (std::int32_t unit = 0; unit < options_.units; ++unit) event.units.push_back(unit);
          return event;
        }
      }
      if (std::chrono::steady_clock::now() >= deadline) return GroupEvent{};
      file_->wait(seen, deadline, [] { return false; });  // leave() of another thread is the only news
    }
  }

  Result<void> acknowledge() override {
    std::lock_guard lock(mutex_);
    return check_member();
  }

  Result<Offsets> committed(std::span<const TopicPartition> partitions) override {
    std::lock_guard lock(mutex_);
    CRYPTOSTREAM_TRY_ASSIGN(auto select, connection_->prepare("SELECT offset, metadata FROM committed "
                                                              "WHERE group_id = ? AND partition = ?"));
    Offsets offsets;
    for (auto& partition : partitions) {
      auto row = find_partition(*connection_, partition);
      if (!row && row.error().kind() == ErrorKind::configuration) continue;  // never committed, as it does not exist
      if (!row) return fail(std::move(row).error());
      Reset reset(select);
      select.bind(1, id_);
      select.bind(2, row->id);
      CRYPTOSTREAM_TRY_ASSIGN(bool found, select.step());
      if (found) offsets[partition] = {select.integer(0), select.text(1)};
    }
    return offsets;
  }

  Result<void> commit(const Offsets& offsets) override {
    std::lock_guard lock(mutex_);
    CRYPTOSTREAM_TRY(check_member());
    if (offsets.empty()) return {};
    CRYPTOSTREAM_TRY_ASSIGN(auto turn, file_->begin_write(*connection_));
    auto written = [&]() -> Result<void> {
      CRYPTOSTREAM_TRY_ASSIGN(auto upsert,
                              connection_->prepare("INSERT INTO committed VALUES(?, ?, ?, ?) ON CONFLICT DO UPDATE "
                                                   "SET offset = excluded.offset, metadata = excluded.metadata"));
      for (auto& [partition, offset] : offsets) {
        CRYPTOSTREAM_TRY_ASSIGN(auto row, find_partition(*connection_, partition));
        upsert.bind(1, id_);
        upsert.bind(2, row.id);
        upsert.bind(3, offset.offset);
        upsert.bind_text(4, offset.metadata);
        CRYPTOSTREAM_TRY(upsert.run());
      }
      return connection_->execute("COMMIT");
    }();
    connection_->rollback();
    if (written) connection_->checkpoint_if_long();
    return written;
  }

  Result<void> leave() override {
    std::lock_guard lock(mutex_);
    lock_.close();
    file_->changed();
    return {};
  }

  const std::string& name() const override { return options_.group; }

  Result<std::int64_t> member_id(const LogFile& file) {
    if (&file != file_.get())
      return fail(ErrorKind::configuration,
                  fmt::format("group \"{}\" belongs to another log than the producer", options_.group));
    std::lock_guard lock(mutex_);
    CRYPTOSTREAM_TRY(check_member());
    return id_;
  }

 private:
  Result<void> check_member() const {
    if (lock_.number() < 0) return fail(no_longer_member(options_.group));
    return {};
  }

  Result<std::int64_t> find_group() {
    CRYPTOSTREAM_TRY_ASSIGN(auto select, connection_->prepare("SELECT id FROM groups WHERE name = ?"));
    select.bind_text(1, options_.group);
    CRYPTOSTREAM_TRY_ASSIGN(bool found, select.step());
    return found ? select.integer(0) : 0;
  }

  Result<std::int64_t> register_group() {
    CRYPTOSTREAM_TRY_ASSIGN(auto known, find_group());
    if (known != 0) return known;
    CRYPTOSTREAM_TRY_ASSIGN(auto turn, file_->begin_write(*connection_));
    auto made = [&]() -> Result<void> {
      CRYPTOSTREAM_TRY_ASSIGN(auto insert,
                              connection_->prepare("INSERT INTO groups(name) VALUES(?) ON CONFLICT DO NOTHING"));
      insert.bind_text(1, options_.group);
      CRYPTOSTREAM_TRY(insert.run());
      return connection_->execute("COMMIT");
    }();
    connection_->rollback();
    CRYPTOSTREAM_TRY(made);
    return find_group();
  }

  LogFilePtr file_;
  GroupOptions options_;
  std::mutex mutex_;  // guards all below
  std::unique_ptr<Connection> connection_;
  std::int64_t id_ = 0;
  Descriptor lock_;
  bool assigned_ = false;
};

}  // namespace

Result<std::unique_ptr<Group>> make_group(LogFilePtr file, const GroupOptions& options) {
  if (options.group.empty()) return fail(ErrorKind::configuration, "a group needs a name (application.id)");
  auto group = std::make_unique<LocalGroup>(std::move(file), options);
  CRYPTOSTREAM_TRY(group->open());
  return group;
}

Result<std::int64_t> member_group_id(Group& group, const LogFile& file) {
  auto* member = dynamic_cast<LocalGroup*>(&group);
  if (member == nullptr)
    return fail(ErrorKind::configuration,
                fmt::format("group \"{}\" belongs to another log than the producer", group.name()));
  return member->member_id(file);
}

bool group_is_live(const LogFile& file, std::int64_t group_id) {
  Descriptor descriptor(::open(file.lock_name().c_str(), O_RDWR | O_CLOEXEC));
  auto lock = lock_of(group_id);
  return descriptor.number() >= 0 && ::fcntl(descriptor.number(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

}  // namespace cryptostream::local
