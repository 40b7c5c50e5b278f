#include <cryptostream/cli/duration.h>

#include <array>
#include <charconv>
#include <cstdint>

namespace cryptostream::cli {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t ms;
};
constexpr std::int64_t longest = 36'500 * 86'400'000LL;  // a century: fits in nanoseconds as well
constexpr auto units =
    std::to_array<Unit>({{"d", 86'400'000}, {"h", 3'600'000}, {"ms", 1}, {"m", 60'000}, {"s", 1'000}});

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  auto bad = [&] {
    return fail(ErrorKind::usage, fmt::format("`{}` is no time; write 500ms, 20s, 1m30s, 2h or 1d", text));
  };
  if (text == "0") return std::chrono::milliseconds(0);
  if (text.empty()) return bad();
  std::int64_t sum = 0;
  auto rest = text;
  while (!rest.empty()) {
    std::int64_t amount = 0;
    auto [after, error] = std::from_chars(rest.data(), rest.data() + rest.size(), amount);
    if (error != std::errc() || amount < 0) return bad();
    rest.remove_prefix(static_cast<std::size_t>(after - rest.data()));
    const Unit* unit = nullptr;
    for (const auto& candidate : units)
      if (!unit && rest.starts_with(candidate.name)) unit = &candidate;
    std::int64_t product = 0;
    if (!unit || __builtin_mul_overflow(amount, unit->ms, &product) || __builtin_add_overflow(sum, product, &sum) ||
        sum > longest)
      return bad();
    rest.remove_prefix(unit->name.size());
  }
  return std::chrono::milliseconds(sum);
}

std::string format_duration(std::chrono::milliseconds duration) {
  auto rest = duration.count();
  if (rest == 0) return "0s";
  std::string out;
  for (auto unit : {Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1'000}, Unit{"ms", 1}}) {
    if (rest >= unit.ms) out += fmt::format("{}{}", rest / unit.ms, unit.name);
    rest %= unit.ms;
  }
  return out;
}

}  // namespace cryptostream::cli
