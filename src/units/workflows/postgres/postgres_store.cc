#include "units/workflows/postgres/postgres_store.h"

#include <vector>

#include "units/workflows/postgres/connection.h"
#include "units/workflows/postgres/postgres_tables.h"
#include "units/workflows/postgres/schema.h"

namespace trivium::units::workflows {

std::string channel_of(const PostgresOptions& options) { return "trivium_workflows_" + options.schema; }

class PostgresStore::Impl {
 public:
  explicit Impl(PostgresOptions options) : options_(std::move(options)) {}

  Result<> connect() {
    tables_.reset();
    connection_.reset();
    Result<std::unique_ptr<Connection>> opened = Connection::open(options_);
    if (!opened) return fail(std::move(opened.error()));
    if (Result<> ready = prepare_schema(**opened, options_); !ready) return ready;
    if (!(*opened)->enter_pipeline()) return fail(kind::internal, "libpq has no pipeline mode");
    connection_ = std::move(*opened);
    tables_ = std::make_unique<PostgresTables>(*connection_, channel_of(options_));
    return {};
  }

  void run(std::span<Job> jobs) {
    std::vector<Result<>> outcomes(jobs.size());
    perform(jobs, outcomes);
    for (size_t i = 0; i < jobs.size(); ++i) jobs[i].done(std::move(outcomes[i]));
  }

 private:
  static constexpr int attempts = 8;

  void perform(std::span<Job> jobs, std::span<Result<>> outcomes) {
    for (int attempt = 1;; ++attempt) {
      if (!connection_ || connection_->closed()) {
        if (Result<> connected = connect(); !connected) return fail_all(outcomes, connected.error());
      }
      bool repeatable = true;
      const std::optional<SqlError> problem = transact(jobs, outcomes, repeatable);
      if (!problem) return;
      if (problem->lost()) {
        tables_.reset();
        connection_.reset();
        if (repeatable && attempt == 1) continue;  // the server was restarted while we had nothing to do
        return fail_all(outcomes, error_of(*problem, describe(options_)));
      }
      if (jobs.size() > 1) return one_by_one(jobs, outcomes);
      if (!problem->retryable() || attempt == attempts) {
        return fail_all(outcomes, error_of(*problem, describe(options_)));
      }
    }
  }

  // One of them fails: the others shall not suffer for it.
  void one_by_one(std::span<Job> jobs, std::span<Result<>> outcomes) {
    for (size_t i = 0; i < jobs.size(); ++i) perform(jobs.subspan(i, 1), outcomes.subspan(i, 1));
  }

  static void fail_all(std::span<Result<>> outcomes, const Error& error) {
    for (Result<>& outcome : outcomes) outcome = fail(error);
  }

  // Nothing when everything that succeeded is durable. `repeatable`: nothing of it is.
  std::optional<SqlError> transact(std::span<Job> jobs, std::span<Result<>> outcomes, bool& repeatable) {
    const int64_t before = tables_->writes();
    tables_->begin();
    std::vector<std::string> wanted;
    for (const Job& job : jobs) {
      if (!job.run_id.empty()) wanted.push_back(job.run_id);
    }
    tables_->prefetch(wanted);
    for (size_t i = 0; i < jobs.size() && !connection_->error(); ++i) {
      tables_->begin_job(jobs[i].read_only);
      outcomes[i] = jobs[i].work(*tables_);
      if (connection_->error()) break;
      tables_->end_job(outcomes[i].has_value());
    }
    tables_->flush();
    if (!connection_->error()) {
      repeatable = tables_->writes() == before;
      connection_->send("COMMIT");
      if (connection_->finish()) return std::nullopt;
    }
    std::optional<SqlError> problem = connection_->error();
    connection_->clear_error();
    if (connection_->lost()) {
      // What failed before was said by a server that is gone now; nothing was committed if it refused.
      if (!problem->lost()) repeatable = true;
      problem->what = SqlError::Class::lost;
    }
    return problem;
  }

  const PostgresOptions options_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<PostgresTables> tables_;
};

PostgresStore::PostgresStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PostgresStore::~PostgresStore() = default;

Result<std::unique_ptr<PostgresStore>> PostgresStore::open(const PostgresOptions& options) {
  auto impl = std::make_unique<Impl>(options);
  if (Result<> connected = impl->connect(); !connected) return fail(std::move(connected.error()));
  return std::unique_ptr<PostgresStore>(new PostgresStore(std::move(impl)));
}

std::unique_ptr<PostgresStore> PostgresStore::open_later(const PostgresOptions& options) {
  return std::unique_ptr<PostgresStore>(new PostgresStore(std::make_unique<Impl>(options)));
}

void PostgresStore::run(std::span<Job> jobs) { impl_->run(jobs); }

}  // namespace trivium::units::workflows
