// run_scenarios: scenarios as NDJSON on standard input, a result for each on standard output, at once. Each runs in a
// process of its own, so that a crash is the result of one scenario only. --here: in this one, for a debugger.
// --restart: checks as well that the stores come back from their changelogs as they were.
#include "run.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>

namespace conformance {

std::string written(const Json& json) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  json.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace conformance

namespace {

constexpr unsigned patience_s = 20;

std::string failure(const std::string& name, const std::string& message) {
  rapidjson::Document result(rapidjson::kObjectType);
  auto& memory = result.GetAllocator();
  rapidjson::Value error(rapidjson::kObjectType);
  error.AddMember("step", -2, memory);
  error.AddMember("kind", "crash", memory);
  error.AddMember("message", rapidjson::Value(message.c_str(), memory), memory);
  result.AddMember("name", rapidjson::Value(name.c_str(), memory), memory);
  result.AddMember("error", error, memory);
  return conformance::written(result);
}

std::string answer(const std::string& line, bool restart) {
  std::string name;
  try {
    rapidjson::Document scenario;
    if (scenario.Parse(line.c_str()).HasParseError() || !scenario.IsObject()) return failure(name, "not a JSON object");
    if (scenario.HasMember("name") && scenario["name"].IsString()) name = scenario["name"].GetString();
    return conformance::written(conformance::run(scenario, restart));
  } catch (const std::exception& error) {
    return failure(name, error.what());
  }
}

std::string name_of(const std::string& line) {
  rapidjson::Document scenario;
  scenario.Parse(line.c_str());
  if (scenario.HasParseError() || !scenario.IsObject() || !scenario.HasMember("name") || !scenario["name"].IsString())
    return {};
  return scenario["name"].GetString();
}

std::string answer_of_child(const std::string& line, bool restart) {
  int ends[2];
  if (pipe(ends) != 0) return failure(name_of(line), "pipe: " + std::string(std::strerror(errno)));
  auto child = fork();
  if (child < 0) return failure(name_of(line), "fork: " + std::string(std::strerror(errno)));
  if (child == 0) {
    close(ends[0]);
    alarm(patience_s);
    auto text = answer(line, restart);
    for (std::size_t done = 0; done < text.size();) {
      auto wrote = write(ends[1], text.data() + done, text.size() - done);
      if (wrote <= 0) std::_Exit(1);
      done += static_cast<std::size_t>(wrote);
    }
    std::_Exit(0);
  }
  close(ends[1]);
  std::string text;
  char buffer[1 << 16];
  for (;;) {
    auto count = read(ends[0], buffer, sizeof buffer);
    if (count <= 0) break;
    text.append(buffer, static_cast<std::size_t>(count));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return failure(name_of(line), std::string("signal: ") + strsignal(WTERMSIG(status)));
  return text.empty() ? failure(name_of(line), "no result") : text;
}

}  // namespace

int main(int count, char** arguments) {
  auto given = [&](const char* option) {
    return std::any_of(arguments + 1, arguments + count,
                       [&](auto argument) { return std::strcmp(argument, option) == 0; });
  };
  bool here = given("--here"), restart = given("--restart");
  for (std::string line; std::getline(std::cin, line);) {
    if (line.empty()) continue;
    std::cout << (here ? answer(line, restart) : answer_of_child(line, restart)) << '\n' << std::flush;
  }
}
