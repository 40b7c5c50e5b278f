// Any bytes as CSV: rows or an error, never more cells than bytes.
#include <cryptostream/data/csv.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

std::vector<std::string> seeds() {
  return {"a,b\r\n1,\"x,\"\"y\"\"\"\n", "\"open", "a;b\n;;\n", "\n\n\n", "\"a\"b,c\n"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  cryptostream::CsvReader reader(text);
  std::vector<std::optional<std::string>> cells;
  std::size_t seen = 0;
  for (;;) {
    auto more = reader.next(cells);
    if (!more || !*more) break;
    seen += cells.size();
    if (seen > size + 1) std::abort();
  }
  return 0;
}
