// Starts log_helper as a process of its own and reads what it says.
#pragma once

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

class HelperProcess {
 public:
  explicit HelperProcess(std::vector<std::string> arguments, const char* fail_points = nullptr) {
    const char* program = std::getenv("LOG_HELPER");
    if (program == nullptr)
      throw std::runtime_error("LOG_HELPER does not name the helper program; run this by meson test");
    int in[2];
    int out[2];
    if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    std::vector<char*> words{const_cast<char*>(program)};
    for (auto& argument : arguments) words.push_back(argument.data());
    words.push_back(nullptr);
    std::string setting =
        fail_points ? std::string("CRYPTOSTREAM_FAIL_POINTS=") + fail_points : std::string("NOTHING=");
    std::vector<char*> environment{setting.data(), nullptr};
    process_ = ::fork();
    if (process_ == 0) {
      ::dup2(in[0], 0);
      ::dup2(out[1], 1);
      ::execve(program, words.data(), environment.data());
      ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    input_ = in[1];
    output_ = ::fdopen(out[0], "r");
  }
  ~HelperProcess() {
    kill();
    std::fclose(output_);
  }
  HelperProcess(const HelperProcess&) = delete;
  HelperProcess& operator=(const HelperProcess&) = delete;

  /// The next line; nothing when the process has ended.
  std::optional<std::string> line() {
    std::string text;
    for (int c = std::fgetc(output_); c != EOF; c = std::fgetc(output_)) {
      if (c == '\n') return text;
      text += static_cast<char>(c);
    }
    return std::nullopt;
  }

  std::vector<std::string> rest() {
    std::vector<std::string> lines;
    while (auto next = line()) lines.push_back(*next);
    return lines;
  }

  /// Ends its standard input, and waits for its end.
  void finish() {
    close_input();
    reap();
  }

  void kill() {
    if (process_ > 0) ::kill(process_, SIGKILL);
    close_input();
    reap();
  }

 private:
  void close_input() {
    if (input_ >= 0) ::close(input_);
    input_ = -1;
  }
  void reap() {
    if (process_ > 0) ::waitpid(process_, nullptr, 0);
    process_ = -1;
  }

  pid_t process_ = -1;
  int input_ = -1;
  std::FILE* output_ = nullptr;
};
