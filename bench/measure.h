// How benchmarks measure: contenders take turns in one process, and medians are compared, so that a noisy machine is
// noisy for all.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace cryptostream::bench {

struct Contender {
  std::string name;
  std::function<void(std::size_t times)> run;  ///< does its work `times` times
};

/// The median nanoseconds that one piece of work took each contender, over `rounds` turns of `times` pieces.
inline std::vector<double> median_ns(const std::vector<Contender>& contenders, std::size_t rounds, std::size_t times) {
  std::vector<std::vector<double>> all(contenders.size());
  for (const auto& contender : contenders) contender.run(times);  // caches, clock speed
  for (std::size_t round = 0; round < rounds; ++round)
    for (std::size_t c = 0; c < contenders.size(); ++c) {
      const auto begin = std::chrono::steady_clock::now();
      contenders[c].run(times);
      const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
      all[c].push_back(took.count() / static_cast<double>(times));
    }
  std::vector<double> medians;
  for (auto& one : all) {
    std::nth_element(one.begin(), one.begin() + static_cast<std::ptrdiff_t>(one.size() / 2), one.end());
    medians.push_back(one[one.size() / 2]);
  }
  return medians;
}

/// Makes the compiler believe that `value` is used.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

}  // namespace cryptostream::bench
