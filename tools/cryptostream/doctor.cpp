// doctor: what could be wrong with this machine, its settings and its log, looked at in one go.
#include "commands.h"
#include "job.h"

#include <cryptostream/cli/messages.h>
#include <cryptostream/core/clock.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <vector>

namespace cryptostream::tool {
namespace {

enum class Verdict { good, doubtful, bad };

struct Finding {
  Verdict verdict;
  std::string subject;
  std::string what;
};

constexpr std::uint64_t little_room = 1ull << 30, hardly_any_room = 100ull << 20;
constexpr rlim_t few_files = 1024;
constexpr std::chrono::seconds believable_skew{5};

std::string_view word(Verdict verdict) {
  return verdict == Verdict::good ? "ok" : verdict == Verdict::doubtful ? "warning" : "error";
}

std::string megabytes(std::uint64_t bytes) { return fmt::format("{} MiB", bytes >> 20); }

// The nearest folder above `path` that is there: what is not made yet will be made in it.
std::filesystem::path existing_folder(std::filesystem::path path) {
  std::error_code error;
  while (!path.empty() && !std::filesystem::is_directory(path, error) && path != path.parent_path())
    path = path.parent_path();
  return path.empty() ? std::filesystem::path(".") : path;
}

void look_at_folder(const std::string& subject, const std::filesystem::path& path, std::vector<Finding>& findings) {
  auto folder = existing_folder(path);
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    findings.push_back(
        {Verdict::bad, subject,
         fmt::format("{} cannot be written: give this user the right, or name another place", folder.string())});
    return;
  }
  std::error_code error;
  auto space = std::filesystem::space(folder, error);
  if (error) {
    findings.push_back(
        {Verdict::doubtful, subject, fmt::format("{}: free space unknown: {}", folder.string(), error.message())});
  } else {
    findings.push_back({space.available < hardly_any_room ? Verdict::bad
                        : space.available < little_room   ? Verdict::doubtful
                                                          : Verdict::good,
                        subject, fmt::format("{} free at {}", megabytes(space.available), folder.string())});
  }
}

void look_at_limits(std::vector<Finding>& findings) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  bool few = files.rlim_cur != RLIM_INFINITY && files.rlim_cur < few_files;
  findings.push_back({few ? Verdict::doubtful : Verdict::good, "open files",
                      few ? fmt::format("only {} at a time: raise it with ulimit -n", files.rlim_cur)
                      : files.rlim_cur == RLIM_INFINITY ? std::string("no limit")
                                                        : fmt::format("{} at a time", files.rlim_cur)});
}

void look_at_secrets(const cli::Settings& settings, std::vector<Finding>& findings) {
  for (const auto& setting : settings.all()) {
    if (!setting.option->name.ends_with("-key-file") || setting.values.empty() || setting.values.front().empty())
      continue;
    const auto& file = setting.values.front();
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) {
      findings.push_back({Verdict::bad, "secrets", fmt::format("{} ({}) cannot be read", file, setting.where)});
    } else if ((status.st_mode & (S_IRGRP | S_IROTH)) != 0) {
      findings.push_back(
          {Verdict::doubtful, "secrets", fmt::format("{} can be read by others: chmod 600 {}", file, file)});
    } else {
      findings.push_back({Verdict::good, "secrets", fmt::format("{} is readable by this user alone", file)});
    }
  }
}

// Topics, the newest record's time against this machine's clock, and every group's lag.
void look_at_log(Broker& broker, std::vector<Finding>& findings) {
  auto id = broker.log_id();
  if (!id) {
    findings.push_back({Verdict::bad, "log", id.error().message()});
    return;
  }
  auto topics = broker.topics();
  if (!topics) {
    findings.push_back({Verdict::bad, "log", topics.error().message()});
    return;
  }
  findings.push_back({Verdict::good, "log", fmt::format("{}, id {}", broker.description(), *id)});
  std::int64_t partitions = 0;
  for (const auto& topic : *topics) partitions += topic.partitions;
  findings.push_back({Verdict::good, "topics", fmt::format("{} with {} partitions", topics->size(), partitions)});

  auto ahead = system_clock().now() + believable_skew;
  for (const auto& topic : *topics)
    for (std::int32_t partition = 0; partition < topic.partitions; ++partition) {
      TopicPartition at{topic.name, partition};
      auto range = broker.offsets(at, Isolation::read_committed);
      auto future = broker.offset_at(at, ahead);
      if (range && future && *future < range->end)
        findings.push_back(
            {Verdict::doubtful, "clock",
             fmt::format("topic {} partition {} has records from the future (offset {}): compare the clocks of "
                         "this machine and of who wrote them",
                         topic.name, partition, *future)});
    }
  if (std::none_of(findings.begin(), findings.end(), [](const auto& finding) { return finding.subject == "clock"; }))
    findings.push_back({Verdict::good, "clock", "no record is from the future"});

  auto groups = broker.groups();
  if (!groups) {
    findings.push_back({Verdict::doubtful, "groups", groups.error().message()});
    return;
  }
  for (const auto& group : *groups) {
    auto offsets = broker.group_offsets(group);
    std::int64_t lag = 0, lost = 0;
    for (const auto& [partition, committed] : offsets ? *offsets : Offsets()) {
      auto range = broker.offsets(partition, Isolation::read_committed);
      if (!range) continue;
      lag += std::max<std::int64_t>(0, range->end - committed.offset);
      if (committed.offset < range->begin || committed.offset > range->end) ++lost;
    }
    findings.push_back(
        {lost > 0 ? Verdict::bad : Verdict::good, "groups",
         lost > 0
             ? fmt::format(
                   "{}: stands outside the log in {} partition(s): see `cryptostream group describe {}`, then reset",
                   group, lost, group)
             : fmt::format("{}: {} behind", group, lag)});
  }
}

}  // namespace

Result<void> doctor(const cli::Settings& settings) {
  std::vector<Finding> findings;
  findings.push_back({Verdict::good, "settings", "files and environment can be read"});
  if (!settings.given("brokers")) {
    if (auto file = settings.log_file()) look_at_folder("disk", *file, findings);
  }
  if (auto folder = settings.state_folder()) look_at_folder("state", *folder, findings);
  look_at_limits(findings);
  look_at_secrets(settings, findings);
  if (auto broker = open_log(settings)) {
    look_at_log(**broker, findings);
  } else {
    findings.push_back({Verdict::bad, "log", broker.error().message()});
  }

  std::string json;
  std::size_t bad = 0;
  for (const auto& finding : findings) {
    if (finding.verdict == Verdict::bad) ++bad;
    if (settings.toggle("json")) {
      json += fmt::format("{}{{\"subject\":{},\"verdict\":\"{}\",\"what\":{}}}", json.empty() ? "" : ",",
                          cli::json_text(finding.subject), word(finding.verdict), cli::json_text(finding.what));
    } else {
      fmt::print("{:<8} {:<11} {}\n", word(finding.verdict), finding.subject, finding.what);
    }
  }
  if (settings.toggle("json")) fmt::print("{{\"healthy\":{},\"findings\":[{}]}}\n", bad == 0, json);
  std::fflush(stdout);
  return bad == 0 ? Result<void>()
                  : fail(ErrorKind::failure, fmt::format("{} thing{} wrong", bad, bad == 1 ? " is" : "s are"));
}

}  // namespace cryptostream::tool
