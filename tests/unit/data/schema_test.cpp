#include <cryptostream/data/schema.h>
#include <doctest/doctest.h>

namespace cs = cryptostream;

namespace market {

enum class Side { buy, sell };
CRYPTOSTREAM_ENUM(Side, buy, (sell, "SELL"))

enum class Flag : unsigned char { low = 3, high = 200 };
CRYPTOSTREAM_ENUM(Flag, high, low)

struct Named {
  std::string symbol;
  std::string name;
};

struct Trade : Named {
  struct Fee {
    enum class Payer { maker, taker };
    cs::Decimal amount;
    Payer payer = Payer::maker;
  };
  cs::Decimal price;
  std::int32_t lots = 0;
  std::optional<double> ratio;
  std::vector<Fee> fees;
  std::map<std::string, bool> marks;
  Side side = Side::buy;
  cs::Timestamp time;
  std::vector<Trade> parts;  // a type may contain itself
};
CRYPTOSTREAM_ENUM(Trade::Fee::Payer, maker, taker)
CRYPTOSTREAM_SCHEMA(Trade::Fee, amount, payer)
CRYPTOSTREAM_SCHEMA(Trade, symbol, (name, "fullName"), (price, cs::FieldFlags::key), (lots, "n", cs::FieldFlags::key),
                    ratio, fees, marks, side, time, parts)
constexpr std::string_view cryptostream_type(cs::TypeTag<Trade>) { return "trade/1"; }

class Quote : public Named {
 public:
  explicit Quote(int price = 0) : price_(price) {}
  int price() const { return price_; }

 private:
  int price_;
  friend constexpr auto cryptostream_schema(cs::TypeTag<Quote>) {
    return cs::schema(cs::field("priceUsd", &Quote::price_, cs::FieldFlags::key), cs::field("symbol", &Quote::symbol));
  }
};

}  // namespace market

struct Global {
  int only;
};
CRYPTOSTREAM_SCHEMA(Global, only);

namespace {

struct Hidden {
  int a0, a1, a2, a3, a4, a5, a6, a7, b0, b1, b2, b3, b4, b5, b6, b7, c0, c1, c2, c3, c4, c5, c6, c7, d0, d1, d2, d3,
      d4, d5, d6, d7, e0, e1, e2, e3, e4, e5, e6, e7, f0, f1, f2, f3, f4, f5, f6, f7, g0, g1, g2, g3, g4, g5, g6, g7,
      h0, h1, h2, h3, h4, h5, h6, h7;
};
CRYPTOSTREAM_SCHEMA(Hidden, a0, a1, a2, a3, a4, a5, a6, a7, b0, b1, b2, b3, b4, b5, b6, b7, c0, c1, c2, c3, c4, c5, c6,
                    c7, d0, d1, d2, d3, d4, d5, d6, d7, e0, e1, e2, e3, e4, e5, e6, e7, f0, f1, f2, f3, f4, f5, f6, f7,
                    g0, g1, g2, g3, g4, g5, g6, g7, h0, h1, h2, h3, h4, h5, h6, h7)

template <class T>
const T& as(const void* value) {
  return *static_cast<const T*>(value);
}

}  // namespace

TEST_CASE("a schema lists names, flags and types in order") {
  const cs::TypeInfo& trade = cs::type_of<market::Trade>();
  CHECK(trade.kind == cs::Kind::object);
  CHECK(trade.name == "Trade");
  REQUIRE(trade.fields.size() == 10);
  const std::string_view names[] = {"symbol", "fullName", "price", "n",    "ratio",
                                    "fees",   "marks",    "side",  "time", "parts"};
  const cs::Kind kinds[] = {cs::Kind::text,      cs::Kind::text, cs::Kind::decimal, cs::Kind::int32,
                            cs::Kind::optional,  cs::Kind::list, cs::Kind::map,     cs::Kind::enumeration,
                            cs::Kind::timestamp, cs::Kind::list};
  for (std::size_t i = 0; i < 10; ++i) {
    CHECK(trade.fields[i].name == names[i]);
    CHECK(trade.fields[i].type->kind == kinds[i]);
    CHECK(cs::has(trade.fields[i].flags, cs::FieldFlags::key) == (i == 2 || i == 3));
  }
  CHECK(trade.fields[4].optional());
  CHECK(trade.fields[4].value_type().kind == cs::Kind::float64);
  CHECK(trade.fields[5].type->inner->name == "Fee");
  CHECK(trade.fields[9].type->inner == &trade);
}

TEST_CASE("fields reach their members, inherited ones too") {
  market::Trade trade;
  trade.symbol = "BTC";
  trade.lots = 5;
  const auto fields = cs::type_of<market::Trade>().fields;
  CHECK(as<std::string>(fields[0].get(&trade)) == "BTC");
  CHECK(as<std::int32_t>(fields[3].get(&trade)) == 5);
  *static_cast<std::string*>(fields[1].get_mutable(&trade)) = "Bitcoin";
  CHECK(trade.name == "Bitcoin");
}

TEST_CASE("private members are reached through a friend, without a macro") {
  const market::Quote quote(42);
  const auto fields = cs::type_of<market::Quote>().fields;
  REQUIRE(fields.size() == 2);
  CHECK(fields[0].name == "priceUsd");
  CHECK(cs::has(fields[0].flags, cs::FieldFlags::key));
  CHECK(as<int>(fields[0].get(&quote)) == 42);
  CHECK(cs::type_of<market::Quote>().name == "Quote");
}

TEST_CASE("64 fields of a type without a linkage name have an accessor each") {
  Hidden hidden{};
  hidden.a0 = 1;
  hidden.h7 = 64;
  const auto fields = cs::type_of<Hidden>().fields;
  REQUIRE(fields.size() == 64);
  CHECK(as<int>(fields[0].get(&hidden)) == 1);
  CHECK(as<int>(fields[63].get(&hidden)) == 64);
  CHECK(cs::type_of<Global>().fields.size() == 1);
}

TEST_CASE("enums have texts in the order of their list, whatever their numbers") {
  const cs::TypeInfo& side = cs::type_of<market::Side>();
  REQUIRE(side.texts.size() == 2);
  CHECK(side.texts[1] == "SELL");
  market::Side value = market::Side::sell;
  CHECK(side.enum_index(&value) == 1);
  side.enum_assign(&value, 0);
  CHECK(value == market::Side::buy);
  value = static_cast<market::Side>(7);
  CHECK(side.enum_index(&value) == 2);

  const cs::TypeInfo& flag = cs::type_of<market::Flag>();
  market::Flag high = market::Flag::high;
  market::Flag low = market::Flag::low;
  CHECK(flag.texts[flag.enum_index(&high)] == "high");
  CHECK(flag.texts[flag.enum_index(&low)] == "low");
  CHECK(cs::type_of<market::Trade::Fee::Payer>().name == "Payer");
}

TEST_CASE("optionals, lists and maps are walked through their type") {
  const auto& optional_type = cs::type_of<std::optional<int>>();
  std::optional<int> optional;
  CHECK(optional_type.optional_get(&optional) == nullptr);
  *static_cast<int*>(optional_type.optional_emplace(&optional)) = 3;
  CHECK(static_cast<int*>(optional_type.optional_emplace(&optional)) == &*optional);
  CHECK(as<int>(optional_type.optional_get(&optional)) == 3);
  optional_type.optional_reset(&optional);
  CHECK_FALSE(optional.has_value());

  const auto& list_type = cs::type_of<std::vector<std::string>>();
  std::vector<std::string> list{"a", "b", "c"};
  CHECK(list_type.list_size(&list) == 3);
  CHECK(as<std::string>(list_type.list_at(&list, 1)) == "b");
  CHECK(list_type.list_reuse(&list, 1) == &list[1]);
  *static_cast<std::string*>(list_type.list_reuse(&list, 3)) = "d";
  CHECK(list == std::vector<std::string>{"a", "b", "c", "d"});
  list_type.list_truncate(&list, 1);
  CHECK(list == std::vector<std::string>{"a"});

  const auto& map_type = cs::type_of<std::map<std::string, int>>();
  std::map<std::string, int> map;
  *static_cast<int*>(map_type.map_emplace(&map, "x")) = 9;
  CHECK(map_type.map_emplace(&map, "x") == nullptr);
  std::string seen;
  map_type.map_each(&map, &seen, [](void* context, std::string_view key, const void* element) {
    *static_cast<std::string*>(context) += std::string(key) + "=" + std::to_string(as<int>(element));
  });
  CHECK(seen == "x=9");
  map_type.map_clear(&map);
  CHECK(map.empty());
}

TEST_CASE("types say what they are at compile time") {
  static_assert(cs::HasSchema<market::Trade> && cs::HasSchema<market::Quote> && cs::HasSchema<Global>);
  static_assert(!cs::HasSchema<int> && !cs::HasSchema<market::Named> && !cs::HasSchema<market::Side>);
  static_assert(cs::HasEnumTexts<market::Side> && !cs::HasEnumTexts<cs::Kind>);
  static_assert(cs::domain_type<market::Trade>() == "trade/1");
  static_assert(cs::domain_type<market::Quote>().empty());
  static_assert(cs::type_of<market::Trade>().fields.size() == 10);
  static_assert(&cs::type_of<const market::Trade>() == &cs::type_of<market::Trade>());
  CHECK(true);
}
