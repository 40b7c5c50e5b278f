// The PostgreSQL server that the sinks' tests of one program share.
#pragma once

#include "postgres_server.h"
#include "target.h"

/// Starts with the first call, ends with the program.
testing_servers::PostgresServer& server();
