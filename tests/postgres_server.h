// A throw-away PostgreSQL server for one test program, which may stop, crash and restart it.
#pragma once

#include <string>
#include <vector>

namespace testing_servers {

/// Lives in a temporary folder of its own and on a free port; goes with the object, or with the process. Throws
/// std::runtime_error when it does not start: a test then fails, it is not skipped. Needs CRYPTOSTREAM_PG_UP, the path
/// of tests/tools/pg-up, from the build.
class PostgresServer {
 public:
  PostgresServer();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  /// As superuser `cs`, through the unix socket.
  std::string url() const;
  /// Through TCP; `rest` begins with '?' ("?sslmode=disable").
  std::string tcp_url(const std::string& user_and_password, const std::string& rest) const;
  const std::string& folder() const { return folder_; }
  int port() const { return port_; }

  void start();  ///< and waits until it answers
  void stop();   ///< at once, orderly: open transactions are rolled back
  void crash();  ///< as if the power went: recovery at the next start

  /// Runs statements; the rows of the last, as text ("\N" for null). Throws std::runtime_error with the server's words.
  std::vector<std::vector<std::string>> sql(const std::string& statements) const;

 private:
  void end(int signal);
  std::string folder_;
  int port_ = 0;
  int process_ = 0;
};

}  // namespace testing_servers
