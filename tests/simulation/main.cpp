// Runs random schedules of faults against an application's processes, all on one thread and by one seed.
#include "random.h"
#include "schedule.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr const char* usage =
    "simulation [--seed N] [--schedules N] [--schedule N] [--work NAME] [--trace]\n"
    "  --seed N        what chance begins with (default: another one each time, printed)\n"
    "  --schedules N   how many schedules (default 20000)\n"
    "  --schedule N    only this one of the seed\n"
    "  --work NAME     chain, count, windows or reduce; may be given again (default: chance chooses among all)\n"
    "  --trace         print each step\n";

std::uint64_t seed_of(std::uint64_t seed, std::int64_t schedule) {
  return simulation::Random(seed * 1'000'003 + static_cast<std::uint64_t>(schedule)).next();
}

std::optional<simulation::Work> work_named(std::string_view name) {
  for (std::size_t work = 0; work < simulation::work_names.size(); ++work)
    if (name == simulation::work_names[work]) return static_cast<simulation::Work>(work);
  return std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t seed = std::random_device{}() % 1'000'000;
  std::int64_t schedules = 20'000, only = -1;
  bool trace = false;
  simulation::Works works;
  std::string chosen;  // as it was said
  for (int i = 1; i < argc; ++i) {
    std::string option = argv[i];
    if (option == "--trace") {
      trace = true;
    } else if (i + 1 < argc && option == "--seed") {
      seed = std::strtoull(argv[++i], nullptr, 10);
    } else if (i + 1 < argc && option == "--schedules") {
      schedules = std::strtoll(argv[++i], nullptr, 10);
    } else if (i + 1 < argc && option == "--schedule") {
      only = std::strtoll(argv[++i], nullptr, 10);
    } else if (auto work = i + 1 < argc && option == "--work" ? work_named(argv[++i]) : std::nullopt) {
      works.push_back(*work);
      chosen += fmt::format(" --work {}", argv[i]);
    } else {
      fmt::print(stderr, "{}", usage);
      return 2;
    }
  }
  if (works.empty())
    for (std::size_t work = 0; work < simulation::work_names.size(); ++work)
      works.push_back(static_cast<simulation::Work>(work));
  auto began = std::chrono::steady_clock::now();
  simulation::Outcome all;
  auto first = only < 0 ? 0 : only, last = only < 0 ? schedules : only + 1;
  for (auto schedule = first; schedule < last; ++schedule) {
    auto outcome = simulation::run_schedule(seed_of(seed, schedule), works, trace);
    for (std::size_t i = 0; i < all.faults.size(); ++i) all.faults[i] += outcome.faults[i];
    all.steps += outcome.steps;
    all.records += outcome.records;
    all.processes += outcome.processes;
    all.fenced += outcome.fenced;
    // A failure is of use only if it can be had again.
    if (schedule % 1'000 == 0 &&
        simulation::run_schedule(seed_of(seed, schedule), works, false).digest != outcome.digest)
      outcome.complaint = "another run of the same schedule went another way";
    if (outcome.complaint.empty()) continue;
    fmt::print("schedule {} of seed {} ({}):\n  {}\nagain, step by step: {}{} --seed {} --schedule {} --trace\n",
               schedule, seed, outcome.setup, outcome.complaint, argv[0], chosen, seed, schedule);
    return 1;
  }
  std::string faults;
  for (std::size_t i = 0; i < all.faults.size(); ++i)
    faults += fmt::format("{}{} {}", i == 0 ? "" : ", ", simulation::fault_names[i], all.faults[i]);
  fmt::print(
      "seed {}: {} schedules, {} records, {} steps, {} processes of which {} were fenced, {:.1f} s\nfaults: {}\n", seed,
      last - first, all.records, all.steps, all.processes, all.fenced,
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count(), faults);
  return 0;
}
