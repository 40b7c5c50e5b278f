#include <cryptostream/cli/suggest.h>

#include <fmt/core.h>

#include <algorithm>
#include <vector>

namespace cryptostream::cli {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      cost[i][j] =
          std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  return cost[a.size()][b.size()];
}

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> known) {
  std::optional<std::string> best;
  // A third of the letters may be wrong, at least one and at most three; beyond that a guess annoys.
  std::size_t limit = std::clamp<std::size_t>(word.size() / 3, 1, 3);
  for (const auto& candidate : known) {
    auto distance = edit_distance(word, candidate);
    if (distance < limit || (distance == limit && !best)) {
      best = candidate;
      limit = distance;
    }
  }
  if (best || word.size() < 3) return best;
  for (const auto& candidate : known)
    if (candidate.starts_with(word)) return candidate;
  return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string> known) {
  auto found = nearest(word, known);
  return found ? fmt::format(" (did you mean `{}`?)", *found) : std::string();
}

}  // namespace cryptostream::cli
