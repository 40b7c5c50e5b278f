// Any bytes as the query of a request to the dashboard: refused as the client's mistake, or read.
#include <cryptostream/dashboard/query.h>
#include <cryptostream/data/utf8.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

std::vector<std::string> seeds() {
  return {"from=0&to=5&points=500",
          "currency=USD&a=%41+b",
          "from=%zz",
          "from=1&from=2",
          "symbols=BTC,ETH",
          "=&&=%",
          "to=-1"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cryptostream;
  auto query = dashboard::Query::parse({reinterpret_cast<const char*>(data), size});
  if (!query) {
    if (query.error().kind() != ErrorKind::usage) std::abort();
    return 0;
  }
  for (const char* name : {"from", "to", "a", "symbols", "currency"})
    if (auto text = query->text(name); text && (text->empty() || !valid_utf8(*text))) std::abort();
  if (auto from = query->integer("from", 0, 1000); from && *from && (**from < 0 || **from > 1000)) std::abort();
  return 0;
}
