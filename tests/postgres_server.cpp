#include "postgres_server.h"

#include <arpa/inet.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace testing_servers {
namespace {

int free_port() {
  int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  bool bound = ::bind(socket, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
               ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  ::close(socket);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

std::string text_of(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

}  // namespace

PostgresServer::PostgresServer() {
  char name[] = "/tmp/cs-pg-XXXXXX";  // short: a socket's path has 107 bytes at most
  if (::mkdtemp(name) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = name;
  port_ = free_port();
  start();
}

PostgresServer::~PostgresServer() {
  if (process_ != 0) end(SIGQUIT);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void PostgresServer::start() {
  auto port = std::to_string(port_);
  process_ = ::fork();
  if (process_ == 0) {
    ::setpgid(0, 0);  // an interrupt at the keyboard is for the tests
    ::execl(CRYPTOSTREAM_PG_UP, CRYPTOSTREAM_PG_UP, folder_.c_str(), port.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  auto target = url();
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (PQping(target.c_str()) != PQPING_OK) {
    int status = 0;
    if (::waitpid(process_, &status, WNOHANG) == process_ || std::chrono::steady_clock::now() > deadline) {
      process_ = 0;
      throw std::runtime_error("PostgreSQL did not start: " + text_of(folder_ + "/log"));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

void PostgresServer::end(int signal) {
  ::kill(process_, signal);
  ::waitpid(process_, nullptr, 0);
  process_ = 0;
}

void PostgresServer::stop() { end(SIGINT); }
void PostgresServer::crash() { end(SIGQUIT); }

std::string PostgresServer::url() const {
  return "host=" + folder_ + " port=" + std::to_string(port_) + " user=cs dbname=postgres";
}

std::string PostgresServer::tcp_url(const std::string& user_and_password, const std::string& rest) const {
  return "postgres://" + user_and_password + "@127.0.0.1:" + std::to_string(port_) + "/postgres" + rest;
}

std::vector<std::vector<std::string>> PostgresServer::sql(const std::string& statements) const {
  std::unique_ptr<PGconn, void (*)(PGconn*)> connection(PQconnectdb(url().c_str()), PQfinish);
  PQsetNoticeProcessor(
      connection.get(), [](void*, const char*) {}, nullptr);
  std::unique_ptr<PGresult, void (*)(PGresult*)> result(PQexec(connection.get(), statements.c_str()), PQclear);
  auto status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
    throw std::runtime_error(PQerrorMessage(connection.get()));
  std::vector<std::vector<std::string>> rows;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    rows.emplace_back();
    for (int column = 0; column < PQnfields(result.get()); ++column)
      rows.back().push_back(PQgetisnull(result.get(), row, column) != 0 ? "\\N"
                                                                        : PQgetvalue(result.get(), row, column));
  }
  return rows;
}

}  // namespace testing_servers
