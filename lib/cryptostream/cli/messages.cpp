#include <cryptostream/cli/messages.h>

#include <cryptostream/core/clock.h>
#include <cryptostream/data/utf8.h>

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <mutex>

namespace cryptostream::cli {
namespace {

std::mutex writer_mutex;
std::function<void(std::string_view)> line_writer;

void write_line(std::string_view line) {
  std::lock_guard lock(writer_mutex);
  if (line_writer) {
    line_writer(line);
  } else {
    std::fwrite(line.data(), 1, line.size(), stderr);
  }
}

std::string_view name_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::debug:
      return "debug";
    case spdlog::level::warn:
      return "warning";
    case spdlog::level::err:
      return "error";
    default:
      return "info";
  }
}

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::info:
      break;
  }
  return spdlog::level::info;
}

/// The payload is "module\nmessage": spdlog knows no module of a line.
class LineSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  LineSink(MessageFormat format, bool coloured) : format_(format), coloured_(coloured) {
    base_sink::set_formatter_(std::make_unique<spdlog::pattern_formatter>("%H:%M:%S"));
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    std::string_view payload(message.payload.data(), message.payload.size());
    auto end = payload.find('\n');
    auto module = payload.substr(0, end), text = payload.substr(end + 1);
    if (format_ == MessageFormat::json) {
      write_line(fmt::format("{{\"time\":\"{}\",\"level\":\"{}\",\"module\":{},\"message\":{}}}\n",
                             system_clock().now().to_string(), name_of(message.level), json_text(module),
                             json_text(text)));
      return;
    }
    spdlog::memory_buf_t time;
    formatter_->format(message, time);
    std::string_view clock(time.data(), 8);
    std::string_view colour = !coloured_                             ? ""
                              : message.level == spdlog::level::warn ? "\x1b[33m"
                              : message.level == spdlog::level::err  ? "\x1b[31m"
                                                                     : "";
    write_line(fmt::format("{} {}{:<7}{} {}: {}\n", clock, colour, name_of(message.level),
                           colour.empty() ? "" : "\x1b[0m", module, text));
  }
  void flush_() override {}

  MessageFormat format_;
  bool coloured_;
};

}  // namespace

void set_messages(LogLevel lowest, MessageFormat format) {
  auto logger = std::make_shared<spdlog::logger>("cryptostream", std::make_shared<LineSink>(format, colours(2)));
  logger->set_level(spdlog::level::debug);
  set_log_handler(
      [logger](LogLevel level, std::string_view module, std::string_view message) {
        std::string payload(module);
        payload += '\n';
        payload += message;
        logger->log(level_of(level), spdlog::string_view_t(payload.data(), payload.size()));
      },
      lowest);
}

void set_line_writer(std::function<void(std::string_view)> writer) {
  std::lock_guard lock(writer_mutex);
  line_writer = std::move(writer);
}

bool live_terminal(int descriptor) {
  const char* term = std::getenv("TERM");
  return ::isatty(descriptor) == 1 && term && *term && std::string_view(term) != "dumb";
}

bool colours(int descriptor) {
  const char* no_colour = std::getenv("NO_COLOR");
  return live_terminal(descriptor) && !(no_colour && *no_colour);
}

LogLevel parse_level(std::string_view name) {
  if (name == "debug") return LogLevel::debug;
  if (name == "warning") return LogLevel::warning;
  if (name == "error") return LogLevel::error;
  return LogLevel::info;
}

std::string json_text(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    auto c = static_cast<unsigned char>(text[0]);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += text[0];
    } else if (c == '\n') {
      out += "\\n";
    } else if (c < 0x20) {
      out += fmt::format("\\u{:04x}", c);
    } else if (c < 0x80) {
      out += text[0];
    } else {
      std::size_t length = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
      if (length <= text.size() && valid_utf8(text.substr(0, length))) {
        out += text.substr(0, length);
        text.remove_prefix(length - 1);
      } else {
        out += "\xef\xbf\xbd";
      }
    }
    text.remove_prefix(1);
  }
  return out + '"';
}

}  // namespace cryptostream::cli
