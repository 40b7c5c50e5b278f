#include <cryptostream/data/headers.h>
#include <doctest/doctest.h>

#include <random>
#include <vector>

namespace cs = cryptostream;

TEST_CASE("headers keep order, repeats, nulls and any bytes") {
  cs::Headers headers;
  headers.add("a", "1").add("b", std::nullopt).add("a", std::string_view("\0x", 2)).add("", "");
  std::vector<std::pair<std::string, cs::OptionalBytes>> seen;
  for (auto header : headers.view()) seen.emplace_back(header.name, header.value);
  REQUIRE(seen.size() == 4);
  CHECK(seen[0].first == "a");
  CHECK(seen[0].second == "1");
  CHECK_FALSE(seen[1].second.has_value());
  CHECK(seen[2].second == std::string("\0x", 2));
  CHECK(seen[3].first.empty());
  CHECK(seen[3].second == "");
}

TEST_CASE("the last header of a name wins, even if it is null") {
  cs::Headers headers;
  CHECK(headers.empty());
  CHECK_FALSE(headers.view().last("a").has_value());
  headers.add("a", "1").add("a", "2").add("b", "3");
  CHECK(headers.view().last("a") == "2");
  headers.add("a", std::nullopt);
  CHECK_FALSE(headers.view().last("a").has_value());
  CHECK(headers.view().last("b") == "3");
}

TEST_CASE("headers copied through their view are the same") {
  cs::Headers headers;
  headers.add("a", "1").add("b", std::nullopt);
  cs::Headers copy;
  copy.add("old", "x");
  copy.assign(headers);
  CHECK(copy.view().packed() == headers.view().packed());
  CHECK(cs::Headers(headers.view()).view().packed() == headers.view().packed());
  copy.clear();
  CHECK(copy.empty());
  CHECK(copy.view().begin() == copy.view().end());
}

TEST_CASE("packed headers are valid only as a whole") {
  cs::Headers headers;
  headers.add("name", "value").add("other", std::nullopt);
  const std::string packed(headers.view().packed());
  CHECK(cs::HeadersView::valid(packed));
  CHECK(cs::HeadersView::valid(""));
  const std::size_t first = 4 + 4 + 4 + 5;  // where the second header begins
  for (std::size_t length = 1; length < packed.size(); ++length)
    CHECK(cs::HeadersView::valid(packed.substr(0, length)) == (length == first));
  CHECK_FALSE(cs::HeadersView::valid(packed + "x"));
  auto patched = packed;
  patched.replace(0, 4, "\xFF\xFF\xFF\xFF", 4);  // a name cannot be null
  CHECK_FALSE(cs::HeadersView::valid(patched));
  patched = packed;
  patched.replace(8, 4, "\xFE\xFF\xFF\xFF", 4);  // a length of -2
  CHECK_FALSE(cs::HeadersView::valid(patched));
}

TEST_CASE("random bytes are either refused or walked within their bounds") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  int valid = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(random() % 40, '\0');
    for (char& byte : bytes) byte = random() % 4 ? '\0' : static_cast<char>(random() % 8 ? random() % 6 : random());
    if (!cs::HeadersView::valid(bytes)) continue;
    ++valid;
    std::size_t size = 0;
    for (auto header : cs::HeadersView(bytes))
      size += 8 + header.name.size() + (header.value ? header.value->size() : 0);
    CHECK(size == bytes.size());
  }
  CHECK(valid > 100);
}
