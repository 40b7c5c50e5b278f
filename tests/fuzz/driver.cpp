// Runs a fuzz target without libFuzzer: over its seeds, and over random changes of them for a moment. For everyday
// tests; the real run is tests/fuzz/run.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
std::vector<std::string> seeds();

int main(int count, char** arguments) {
  auto seed = count > 1 ? static_cast<std::uint32_t>(std::strtoul(arguments[1], nullptr, 10)) : std::random_device()();
  std::printf("seed %u\n", seed);
  std::mt19937 random(seed);
  auto inputs = seeds();
  inputs.emplace_back();
  auto run = [](const std::string& input) {
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  };
  for (const auto& input : inputs) run(input);
  std::uint64_t runs = inputs.size();
  for (auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1); std::chrono::steady_clock::now() < end;
       ++runs) {
    auto input = inputs[random() % inputs.size()];
    for (auto changes = random() % 8; changes > 0; --changes) {
      if (input.empty() || random() % 4 == 0) {
        input.insert(random() % (input.size() + 1), 1, static_cast<char>(random()));
      } else if (random() % 4 == 0) {
        input.erase(random() % input.size(), 1 + random() % 8);
      } else {
        input[random() % input.size()] = static_cast<char>(random() % 3 == 0 ? 0xff : random());
      }
    }
    run(input);
  }
  std::printf("%llu inputs\n", static_cast<unsigned long long>(runs));
}
