#include "runtime/pg.h"
#include "server/server_store.h"

namespace everdial {
namespace {

class PgServerStore final : public ServerStore {
 public:
  explicit PgServerStore(pg::Pool& pool) : pool_(pool) {}

  Status announce(const ServerName& server, const std::vector<std::string>& components) override {
    const auto done = pool_.query(
        "insert into server (name, components) values ($1, $2) on conflict (name) do update set components = excluded.components",
        pg::Params{}.add(server.value).add(components));
    if (!done.ok()) return done.error();
    return success();
  }

 private:
  pg::Pool& pool_;
};

}  // namespace

std::unique_ptr<ServerStore> make_pg_server_store(pg::Pool& pool) { return std::make_unique<PgServerStore>(pool); }

}  // namespace everdial
