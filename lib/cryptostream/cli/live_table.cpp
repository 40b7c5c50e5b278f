#include <cryptostream/cli/live_table.h>

#include <cryptostream/cli/duration.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

namespace cryptostream::cli {
namespace {

constexpr std::string_view green = "\x1b[32m", red = "\x1b[31m", faint = "\x1b[2m", bold = "\x1b[1m", plain = "\x1b[0m";

/// At most `width` columns; all texts here are ASCII but for titles, whose bytes beyond are counted as columns: never
/// too wide.
std::string cut(std::string text, int width) {
  auto most = static_cast<std::size_t>(std::max(width, 0));
  if (text.size() <= most) return text;
  text.resize(most);
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) text.pop_back();
  if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xc0) text.pop_back();
  return text;
}

std::string change(const LivePrice& price) {
  double first = price.first.to_double();
  if (first == 0) return "";
  return fmt::format("{:+.2f} %", (price.last.to_double() / first - 1) * 100);
}

std::string coloured_line(std::string text, std::string_view colour, bool coloured) {
  return coloured && !colour.empty() ? std::string(colour) + std::move(text) + std::string(plain) : text;
}

}  // namespace

std::string grouped(const Decimal& price) {
  auto text = price.to_string();
  auto end = std::min(text.find('.'), text.size());
  std::size_t begin = text.starts_with('-') ? 1 : 0;
  for (auto at = end; at > begin + 3;) text.insert(at -= 3, ",");
  return text;
}

void LiveTable::update(const std::string& symbol, const std::string& currency, const Decimal& price, Timestamp time) {
  std::lock_guard lock(mutex_);
  auto [found, fresh] = prices_.try_emplace(symbol);
  auto& row = found->second;
  if (fresh) row.first = price;
  row.last = price;
  row.currency = currency;
  row.time = time;
  ++row.count;
  ++count_;
}

std::uint64_t LiveTable::count() const {
  std::lock_guard lock(mutex_);
  return count_;
}

std::vector<std::string> LiveTable::lines(int width, int height, std::chrono::milliseconds elapsed,
                                          bool coloured) const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  // A terminal that is written to its last column wraps, and then drawing over it fails.
  --width;
  out.push_back(coloured_line(cut(title_, width), bold, coloured));
  if (prices_.empty()) {
    out.push_back(cut("waiting for the first price ...", width));
  } else {
    std::size_t price_width = 5, symbol_width = 4;
    for (const auto& [symbol, row] : prices_) {
      price_width = std::max(price_width, grouped(row.last).size() + 1 + row.currency.size());
      symbol_width = std::max(symbol_width, symbol.size());
    }
    auto line = [&](std::string_view symbol, std::string_view arrow, std::string_view price, std::string_view moved,
                    std::string_view time, std::string_view count) {
      auto text = fmt::format("{:<{}} {} {:>{}}", symbol, symbol_width, arrow, price, price_width);
      for (auto [column, column_width] : {std::pair(moved, 11), std::pair(time, 10), std::pair(count, 9)})
        if (static_cast<int>(text.size()) + column_width <= width) text += fmt::format("{:>{}}", column, column_width);
      return cut(std::move(text), width);
    };
    out.push_back(coloured_line(line("coin", " ", "price", "change", "time", "quotes"), faint, coloured));
    auto room = std::max<std::size_t>(1, static_cast<std::size_t>(std::max(height - 5, 1)));
    std::size_t shown = 0;
    for (const auto& [symbol, row] : prices_) {
      if (shown == room) break;
      auto clock = row.time.to_string().substr(11, 8);
      bool up = row.last > row.first, down = row.last < row.first;
      auto text =
          line(symbol,
               up     ? "^"
               : down ? "v"
                      : " ",
               fmt::format("{} {}", grouped(row.last), row.currency), change(row), clock, fmt::format("{}", row.count));
      out.push_back(coloured_line(std::move(text), up ? green : down ? red : "", coloured));
      ++shown;
    }
    if (shown < prices_.size()) out.push_back(cut(fmt::format("and {} more", prices_.size() - shown), width));
  }
  auto seconds = std::max(1.0, static_cast<double>(elapsed.count()) / 1000);
  auto whole = std::chrono::milliseconds(elapsed.count() / 1000 * 1000);
  out.push_back(coloured_line(cut(fmt::format("{} quotes, {:.1f} a second, {}; Ctrl-C ends", count_,
                                              static_cast<double>(count_) / seconds, format_duration(whole)),
                                  width),
                              faint, coloured));
  if (static_cast<int>(out.size()) > std::max(height - 1, 1))
    out.resize(static_cast<std::size_t>(std::max(height - 1, 1)));
  return out;
}

std::string LiveTable::summary(std::size_t most) const {
  std::lock_guard lock(mutex_);
  std::string out;
  std::size_t shown = 0;
  for (const auto& [symbol, row] : prices_) {
    if (shown++ == most) return out + fmt::format(" and {} more", prices_.size() - most);
    out += fmt::format("{}{} {} {}", out.empty() ? "" : ", ", symbol, grouped(row.last), row.currency);
  }
  return out;
}

void Overlay::write(std::string_view bytes) const {
  while (!bytes.empty()) {
    auto written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string Overlay::erased() const {
  // Up to the first drawn line, then clear to the end of the screen.
  return drawn_.empty() ? "" : fmt::format("\x1b[{}A\r\x1b[J", drawn_.size());
}

void Overlay::draw(const std::vector<std::string>& lines) {
  std::lock_guard lock(mutex_);
  auto bytes = erased();
  for (const auto& line : lines) bytes += line + "\n";
  write(bytes);
  drawn_ = lines;
}

void Overlay::print_above(std::string_view line) {
  std::lock_guard lock(mutex_);
  auto bytes = erased();
  bytes += line;
  for (const auto& drawn : drawn_) bytes += drawn + "\n";
  write(bytes);
}

std::pair<int, int> Overlay::size() const {
  winsize window{};
  if (::ioctl(descriptor_, TIOCGWINSZ, &window) != 0 || window.ws_col == 0 || window.ws_row == 0) return {80, 24};
  return {window.ws_col, window.ws_row};
}

}  // namespace cryptostream::cli
