#include <cryptostream/broker/memory_group.h>

#include <cryptostream/broker/memory_log.h>
#include <cryptostream/broker/topic_rules.h>

#include <algorithm>
#include <vector>

namespace cryptostream::memory {

void GroupState::balance() {
  if (members.empty()) return;
  std::vector<Member*> order;
  for (auto& [id, member] : members) order.push_back(&member);
  std::stable_sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->owned.size() > b->owned.size(); });
  auto count = static_cast<std::int32_t>(order.size());
  auto quota = [&](std::size_t i) {
    return static_cast<std::size_t>(units / count + (static_cast<std::int32_t>(i) < units % count ? 1 : 0));
  };

  for (std::size_t i = 0; i < order.size(); ++i) {
    auto& member = *order[i];
    if (!member.told) member.revoking.clear();
    while (member.owned.size() - member.revoking.size() > quota(i)) {
      if (!member.untold.empty()) {
        auto unit = *member.untold.rbegin();
        member.untold.erase(unit);
        member.owned.erase(unit);
      } else if (!member.told) {
        auto unit = std::find_if(member.owned.rbegin(), member.owned.rend(),
                                 [&](auto u) { return !member.revoking.contains(u); });
        member.revoking.insert(*unit);
      } else {
        break;  // the next acknowledge() balances again
      }
    }
  }

  std::set<std::int32_t> free;
  for (std::int32_t unit = 0; unit < units; ++unit) free.insert(unit);
  for (auto* member : order)
    for (auto unit : member->owned) free.erase(unit);
  for (std::size_t i = 0; i < order.size(); ++i) {
    auto& member = *order[i];
    while (!free.empty() && member.owned.size() - member.revoking.size() < quota(i)) {
      auto unit = free.extract(free.begin()).value();
      member.owned.insert(unit);
      member.untold.insert(unit);
    }
  }
}

void GroupState::remove(std::int64_t member) {
  if (members.erase(member) == 0) return;
  ++generation;
  balance();
}

bool GroupState::expire(std::chrono::nanoseconds deadline, std::int64_t asking) {
  auto dead = [&](const auto& entry) {
    return entry.first != asking && entry.second.polling == 0 && entry.second.last_seen < deadline;
  };
  if (std::erase_if(members, dead) == 0) return false;
  ++generation;
  balance();
  return true;
}

namespace {

class MemoryGroup final : public Group {
 public:
  MemoryGroup(std::shared_ptr<Log> log, GroupOptions options, std::int64_t member)
      : log_(std::move(log)), options_(std::move(options)), member_(member) {}

  Result<GroupEvent> poll(std::chrono::milliseconds timeout) override {
    std::unique_lock lock(log_->mutex);
    auto deadline = std::chrono::steady_clock::now() + timeout;
    for (;;) {
      auto seen = log_->version;
      auto& group = state();
      if (left_) return fail(no_longer_member(options_.group));
      auto found = group.members.find(member_);
      if (found == group.members.end()) return rejoin();
      auto& self = found->second;
      self.last_seen = log_->clock.monotonic();
      if (group.expire(self.last_seen - log_->options.session_timeout, member_)) log_->changed();
      if (!self.revoking.empty() && !self.told) {
        self.told = true;
        return GroupEvent{GroupEvent::Type::revoked, {self.revoking.begin(), self.revoking.end()}};
      }
      if (!self.untold.empty()) {
        std::vector<std::int32_t> units(self.untold.begin(), self.untold.end());
        self.untold.clear();
        return GroupEvent{GroupEvent::Type::assigned, std::move(units)};
      }
      if (std::chrono::steady_clock::now() >= deadline) return GroupEvent{};
      ++self.polling;
      // Another member's death shows by the clock alone: look again from time to time.
      auto until = std::min(deadline, std::chrono::steady_clock::now() + std::chrono::milliseconds(100));
      log_->changes.wait_until(lock, until, [&] { return log_->version != seen; });
      if (auto again = state().members.find(member_); again != state().members.end()) {
        --again->second.polling;
        again->second.last_seen = log_->clock.monotonic();
      }
    }
  }

  Result<void> acknowledge() override {
    std::lock_guard lock(log_->mutex);
    lost_ = false;
    CRYPTOSTREAM_TRY(check_member());
    auto& group = state();
    auto& self = group.members.at(member_);
    if (!self.told) return {};
    for (auto unit : self.revoking) self.owned.erase(unit);
    self.revoking.clear();
    self.told = false;
    group.balance();
    log_->changed();
    return {};
  }

  Result<Offsets> committed(std::span<const TopicPartition> partitions) override {
    std::unique_lock lock(log_->mutex);
    auto stable = [&] {
      log_->expire_transactions();
      auto& pending = state().pending;
      return std::none_of(partitions.begin(), partitions.end(),
                          [&](auto& partition) { return pending.contains(partition); });
    };
    if (!stable() && !log_->changes.wait_for(lock, log_->options.pending_wait, stable))
      return fail(ErrorKind::temporary,
                  fmt::format("offsets of group \"{}\" are part of a transaction that is still open", options_.group));
    Offsets found;
    for (auto& partition : partitions)
      if (auto offset = state().committed.find(partition); offset != state().committed.end()) found.insert(*offset);
    return found;
  }

  Result<void> commit(const Offsets& offsets) override {
    std::lock_guard lock(log_->mutex);
    CRYPTOSTREAM_TRY(check_member());
    CRYPTOSTREAM_TRY(log_->check_known(offsets));
    for (auto& [partition, offset] : offsets) state().committed.insert_or_assign(partition, offset);
    log_->changed();
    return {};
  }

  Result<void> leave() override {
    std::lock_guard lock(log_->mutex);
    if (left_) return {};
    left_ = true;
    state().remove(member_);
    log_->changed();
    return {};
  }

  const std::string& name() const override { return options_.group; }

  const Log* log() const { return log_.get(); }
  Result<void> check_member() {
    auto& group = state();
    auto now = log_->clock.monotonic();
    if (group.expire(now - log_->options.session_timeout, member_)) log_->changed();
    auto self = group.members.find(member_);
    if (left_ || lost_ || self == group.members.end()) return fail(no_longer_member(options_.group));
    self->second.last_seen = now;
    return {};
  }

 private:
  GroupState& state() { return log_->groups[options_.group]; }

  /// This member was taken for dead: its units are gone. It comes back as a new one, unless its instance name has a new
  /// holder.
  Result<GroupEvent> rejoin() {
    auto& group = state();
    for (auto& [id, member] : group.members) {
      if (!options_.instance.empty() && member.instance == options_.instance)
        return fail(ErrorKind::fenced,
                    fmt::format("another process joined group \"{}\" as instance \"{}\": this one must stop",
                                options_.group, options_.instance));
      if (group.fingerprint != options_.fingerprint) return fail(no_longer_member(options_.group));
    }
    group.units = options_.units;
    group.fingerprint = options_.fingerprint;
    member_ = log_->next_id++;
    auto& self = group.members[member_];
    self.instance = options_.instance;
    self.last_seen = log_->clock.monotonic();
    ++group.generation;
    group.balance();
    log_->changed();
    lost_ = true;
    return GroupEvent{GroupEvent::Type::lost, {}};
  }

  std::shared_ptr<Log> log_;
  GroupOptions options_;
  std::int64_t member_;
  bool left_ = false;
  bool lost_ = false;  // its former units, until acknowledge(): whoever works on them must not commit as the new member
};

}  // namespace

Result<std::unique_ptr<Group>> make_group(std::shared_ptr<Log> log, const GroupOptions& options) {
  if (options.group.empty()) return fail(ErrorKind::configuration, "a group needs a name (application.id)");
  if (options.units < 0) return fail(ErrorKind::configuration, "a group cannot share out fewer than 0 units");
  std::lock_guard lock(log->mutex);
  auto& group = log->groups[options.group];
  auto now = log->clock.monotonic();
  group.expire(now - log->options.session_timeout, -1);
  auto id = log->next_id++;
  Member member{.instance = options.instance, .last_seen = now};
  if (!options.instance.empty()) {
    auto former = std::find_if(group.members.begin(), group.members.end(),
                               [&](auto& entry) { return entry.second.instance == options.instance; });
    if (former != group.members.end()) {  // a restart: its units are this one's at once, none of them told yet
      member.owned = former->second.owned;
      member.untold = member.owned;
      group.members.erase(former);
    }
  }
  if (!group.members.empty() && (group.fingerprint != options.fingerprint || group.units != options.units))
    return fail(
        ErrorKind::configuration,
        fmt::format(
            "group \"{}\" has live members with another topology (fingerprint \"{}\", this one has \"{}\"): stop "
            "them before starting this version",
            options.group, group.fingerprint, options.fingerprint));
  if (group.units != options.units) member.owned.clear(), member.untold.clear();
  group.units = options.units;
  group.fingerprint = options.fingerprint;
  group.members.emplace(id, std::move(member));
  ++group.generation;
  group.balance();
  log->changed();
  return std::make_unique<MemoryGroup>(std::move(log), options, id);
}

Result<void> add_offsets(Log& log, TransactionalId& id, Group& group, const Offsets& offsets) {
  auto* member = dynamic_cast<MemoryGroup*>(&group);
  if (member == nullptr || member->log() != &log)
    return fail(ErrorKind::configuration,
                fmt::format("group \"{}\" belongs to another log than the producer", group.name()));
  CRYPTOSTREAM_TRY(member->check_member());
  CRYPTOSTREAM_TRY(log.check_known(offsets));
  auto& state = log.groups[group.name()];
  auto& added = id.offsets[group.name()];
  for (auto& [partition, offset] : offsets)
    if (added.insert_or_assign(partition, offset).second) ++state.pending[partition];
  return {};
}

}  // namespace cryptostream::memory
