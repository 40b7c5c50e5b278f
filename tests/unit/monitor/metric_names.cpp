// Prints every metric there is, as rows of docs/metrics.md's table: name, type, labels, meaning.
#include <cryptostream/monitor/report.h>

int main() {
  for (const auto& family : cryptostream::metric_families())
    fmt::print("| `{}` | {} | {} | {} |\n", family.name, cryptostream::to_string(family.type),
               family.labels.empty() ? "–" : family.labels, family.help);
}
