// Cutting answers into rows.
#include <cryptostream/sources/json_rows.h>

#include <string>

#include <doctest/doctest.h>

using namespace cryptostream;

namespace {

std::string error_of(std::string_view text, std::string_view list = "data") {
  auto split = split_json_rows(text, list);
  REQUIRE_FALSE(split);
  CHECK(split.error().kind() == ErrorKind::bad_record);
  return split.error().message();
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("rows are cut out as written, whatever they are") {
  auto split = split_json_rows(
      R"( {"x":[[1]],"data" : [ {"a":{"b":[1,{}]}} ,"te,xt", 1.50,null,[2],{ }],"timestamp": 17 } )", "data");
  REQUIRE_MESSAGE(split, split.error().message());
  CHECK(split->rows ==
        std::vector<std::string_view>{R"({"a":{"b":[1,{}]}})", R"("te,xt")", "1.50", "null", "[2]", "{ }"});
  CHECK(split->timestamp == "17");
}

TEST_CASE("the timestamp may come first, be missing, null or text") {
  CHECK(split_json_rows(R"({"timestamp":1,"data":[]})", "data")->timestamp == "1");
  CHECK(split_json_rows(R"({"timestamp":"1","data":[{"timestamp":5}]})", "data")->timestamp == "\"1\"");
  CHECK_FALSE(split_json_rows(R"({"timestamp":null,"data":[{"timestamp":5}]})", "data")->timestamp);
  CHECK_FALSE(split_json_rows(R"({"data":[]})", "data")->timestamp);
}

TEST_CASE("without a name the answer itself is the list") {
  auto split = split_json_rows(R"([{"data":[1]},2])", "");
  REQUIRE(split);
  CHECK(split->rows == std::vector<std::string_view>{R"({"data":[1]})", "2"});
  CHECK(has(error_of(R"({"message":"NotFound"})", ""),
            R"(the answer is an object where a list is expected: {"message":"NotFound"})"));
}

TEST_CASE("an object may stand for a list of one, where that is asked for") {
  auto split = split_json_rows(R"({"data":{"id":"dot","x":{}},"timestamp":5})", "data", true);
  REQUIRE(split);
  CHECK(split->rows == std::vector<std::string_view>{R"({"id":"dot","x":{}})"});
  CHECK(split->timestamp == "5");
}

TEST_CASE("what is no list of rows is refused, and the message shows why") {
  CHECK(has(error_of(R"({"data":{"message":"We are deprecating"}})"),
            R"(field data is an object where a list is expected: {"message":"We are)"));
  CHECK(has(error_of(R"({"data":null})"), "field data is null where a list is expected"));
  CHECK(has(error_of(R"({"data":7})"), "field data is a single value"));
  CHECK(has(error_of(R"({"dat":[]})"), "field data is missing"));
  CHECK(has(error_of(R"({"data":[],"data":[]})"), "twice"));
  CHECK(has(error_of(R"([])"), "a list where an object with field data is expected"));
  CHECK(has(error_of(R"("x")"), "single value"));
  CHECK(has(error_of(R"({"data":[{"a":1},{"b")"), "cut off"));
  CHECK(has(error_of("{\"data\":[{\"a\":\"\xff\xfe\"}]}"), "not UTF-8"));
  CHECK(has(error_of("<html>"), "not JSON"));
  CHECK(has(error_of("{\"data\":[" + std::string(100'000, '[')), "nested deeper"));
  error_of("");
}

TEST_CASE("every cut of a good answer is refused, none is taken for less") {
  std::string whole = R"({"data":[{"id":"a"},{"id":"b"}],"timestamp":17})";
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CAPTURE(length);
    CHECK_FALSE(split_json_rows(std::string_view(whole).substr(0, length), "data"));
  }
}

TEST_CASE("members are found with their values as written, and bad texts are refused") {
  auto members =
      json_members(R"( { "a" : 1.50, "b\u0041":{"a":[1,{"x":2}]} ,"c":[ 1 , 2 ],"d":"x,:}", "e":null,"f":{} } )");
  REQUIRE_MESSAGE(members, members.error().message());
  REQUIRE(members->size() == 6);
  CHECK((*members)[1].name == "bA");
  CHECK((*members)[1].value == R"({"a":[1,{"x":2}]})");
  CHECK(find_member(*members, "a") == "1.50");
  CHECK(find_member(*members, "c") == "[ 1 , 2 ]");
  CHECK(unquoted(*find_member(*members, "d")) == "x,:}");
  CHECK_FALSE(find_member(*members, "e"));
  CHECK_FALSE(find_member(*members, "x"));
  CHECK(find_member(*members, "f") == "{}");
  CHECK(json_members("{}")->empty());
  for (auto [text, said] : {std::pair<std::string, std::string>{"[]", "a list"},
                            {"7", "a single value"},
                            {"{\"a\":1,\"a\":2}", "field a stands there twice"},
                            {"{\"a\":1", "cut off"},
                            {"{\"a\":\"\xff\"}", "not UTF-8"},
                            {"{\"a\" 1}", "not JSON"},
                            {"{\"a\":" + std::string(80, '[') + std::string(80, ']') + "}", "nested deeper"}}) {
    auto refused = json_members(text);
    REQUIRE_FALSE(refused);
    CHECK(has(refused.error().message(), said));
  }
}
