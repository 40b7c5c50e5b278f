#include <cryptostream/monitor/process.h>

#include <sys/resource.h>
#include <unistd.h>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace cryptostream {
namespace {

std::string content_of(const char* path) {
  std::ifstream file(path);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

std::optional<double> boot_time() {
  std::istringstream lines(content_of("/proc/stat"));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("btime ")) return std::stod(line.substr(6));
  return std::nullopt;
}

}  // namespace

ProcessUsage process_usage() {
  ProcessUsage usage;
  // Fields are counted from behind the command's name, which may hold anything: see proc(5).
  auto stat = content_of("/proc/self/stat");
  if (auto behind = stat.rfind(')'); behind != stat.npos) {
    std::istringstream fields(stat.substr(behind + 1));
    std::array<std::string, 22> field;
    for (auto& text : field) fields >> text;
    auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    if (!field[21].empty()) {
      usage.cpu_time = (std::stod(field[11]) + std::stod(field[12])) / ticks;
      usage.threads = std::stoull(field[17]);
      static const auto booted = boot_time();
      if (booted) usage.start_time = *booted + std::stod(field[19]) / ticks;
      usage.resident_bytes = std::stoull(field[21]) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    }
  }
  std::error_code error;
  std::uint64_t open = 0;
  for (std::filesystem::directory_iterator file("/proc/self/fd", error), end; !error && file != end;
       file.increment(error))
    ++open;
  if (!error && open > 0) usage.open_files = open - 1;  // without the one that looked
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) usage.most_files = limit.rlim_cur;
  return usage;
}

}  // namespace cryptostream
