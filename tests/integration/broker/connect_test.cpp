// URLs of logs.
#include <cryptostream/connect/connect.h>

#include "conformance.h"
#include "temporary_folder.h"

#include <stdexcept>

using namespace conformance;

namespace {

std::string refusal(std::string_view url) {
  try {
    connect(url);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("connect gives a local log without touching the disk") {
  TemporaryFolder folder;
  auto file = folder.path() / "deep" / "log.db";
  auto broker = connect("local:" + file.string());
  CHECK(broker->description() == "local log " + file.string());
  CHECK_FALSE(std::filesystem::exists(file.parent_path()));
  must(broker->log_id());
  CHECK(std::filesystem::exists(file));
}

TEST_CASE("connect gives each caller of memory: a log of its own") {
  auto one = connect("memory:");
  make_topic(*one, "t");
  CHECK(must(connect("memory:")->topics()).empty());
}

TEST_CASE("connect says what to write instead of a bad URL") {
  for (auto url : {"", "http://x", "localhost:9092"})
    CHECK(contains(refusal(url), "this version supports "));
  CHECK(contains(refusal("log.db"), "did you mean local:log.db?"));
  CHECK(contains(refusal("local:"), "local:FILE"));
  CHECK(contains(refusal("local:///x.db"), "local:/var"));
  CHECK(contains(refusal("memory:name"), "memory: alone"));
  CHECK_FALSE(contains(refusal("kafka://user:secret@host:9092"), "secret"));
}
