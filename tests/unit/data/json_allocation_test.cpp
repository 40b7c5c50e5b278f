// Counts what a record allocates. Replaces operator new for the whole program, so it stands alone.
#include <cryptostream/data/serde.h>
#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<long> allocations{0};
}

// Not inlined: compilers that see only one half of a pair warn of a mismatch.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace cs = cryptostream;

namespace {

enum class Side { buy, sell };
CRYPTOSTREAM_ENUM(Side, buy, sell)

struct Level {
  std::string exchange;
  cs::Decimal price;
};
CRYPTOSTREAM_SCHEMA(Level, exchange, price)

struct Trade {
  std::string symbol;
  cs::Decimal price;
  Side side = Side::buy;
  cs::Timestamp ts;
  std::optional<std::string> note;
  std::vector<Level> levels;
};
CRYPTOSTREAM_SCHEMA(Trade, symbol, price, side, ts, note, levels)

const std::string forty(40, 'x');

template <class F>
long counted(F&& work) {
  work();
  work();
  const long before = allocations;
  for (int i = 0; i < 100; ++i) work();
  return allocations - before;
}

}  // namespace

TEST_CASE("a record read into a used value allocates nothing, nor does one written into a used buffer") {
  const auto& serde = cs::default_serde<Trade>();
  std::string text = R"({"symbol":")" + forty +
                     R"(","price":"67123.4500000000000000000000000001","side":"sell","ts":1,"note":")" + forty +
                     R"(","skipped":[{"a":")" + forty + R"("}],"levels":[{"exchange":")" + forty +
                     R"(","price":1.25},{"exchange":")" + forty + R"(","price":"2"}]})";
  Trade trade;
  bool all_good = true;
  CHECK(counted([&] { all_good &= serde.decode(text, trade).has_value(); }) == 0);
  CHECK(all_good);
  CHECK(trade.levels.at(1).exchange == forty);

  std::string out;
  CHECK(counted([&] {
          out.clear();
          serde.encode(trade, out);
        }) == 0);
  CHECK(out.size() > 200);
}

TEST_CASE("the counter counts") {
  CHECK(counted([] { delete new std::string(forty); }) == 200);
}
