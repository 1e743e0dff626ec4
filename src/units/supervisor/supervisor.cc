// The public face: answers what can be told at once and hands the rest to the strand.
#include "units/supervisor/supervisor.h"

#include <utility>

#include "units/supervisor/supervisor_impl.h"

namespace trivium::units {
namespace {

Error shutting_down() { return Error::of(kind::unavailable, "the supervisor is shutting down"); }
Error unknown_service(const EntryId& id) {
  return Error::of(kind::not_found, "unknown service " + id.text());
}
ServiceDone or_nothing(ServiceDone done) {
  return done ? std::move(done) : ServiceDone([](const Result<>&) {});
}

// The supervisor may be destroyed by another thread while its last task ends: the strand has to outlast it.
void post(std::shared_ptr<Strand> strand,  // NOLINT(performance-unnecessary-value-param)
          std::function<void()> task) {
  strand->post(std::move(task));
}

}  // namespace

Supervisor::Supervisor(SupervisorOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Supervisor::~Supervisor() = default;

Result<> Supervisor::add(Registration registration) {
  if (impl_->closing()) return fail(shutting_down());
  if (!impl_->board().add(impl_->initial_status(registration.id))) {
    return fail(kind::already_exists, "service " + registration.id.text() + " exists already");
  }
  post(impl_->strand(),
       [impl = impl_.get(), registration = std::move(registration)] { impl->add(registration); });
  return {};
}

Result<> Supervisor::update(Registration registration) {
  if (impl_->closing()) return fail(shutting_down());
  if (!impl_->board().find(registration.id)) return fail(unknown_service(registration.id));
  post(impl_->strand(),
       [impl = impl_.get(), registration = std::move(registration)] { impl->update(registration); });
  return {};
}

void Supervisor::remove(std::set<EntryId> ids, ServiceDone done) {
  post(impl_->strand(), [impl = impl_.get(), ids = std::move(ids), done = or_nothing(std::move(done))] {
    impl->remove(ids, done);
  });
}

void Supervisor::set_references(References references) {
  post(impl_->strand(),
       [impl = impl_.get(), references = std::move(references)] { impl->set_references(references); });
}

void Supervisor::start_auto() {
  post(impl_->strand(), [impl = impl_.get()] { impl->start_auto(); });
}

void Supervisor::on_first_attempts_settled(std::function<void()> callback) {
  post(impl_->strand(),
       [impl = impl_.get(), callback = std::move(callback)] { impl->on_first_attempts_settled(callback); });
}

void Supervisor::start(const EntryId& id, ServiceDone done) {
  post(impl_->strand(), [impl = impl_.get(), id, done = or_nothing(std::move(done))] {
    if (impl->closing()) return done(fail(shutting_down()));
    if (!impl->board().find(id)) return done(fail(unknown_service(id)));
    impl->start(id, done);
  });
}

void Supervisor::stop(const EntryId& id, ServiceDone done) {
  post(impl_->strand(), [impl = impl_.get(), id, done = or_nothing(std::move(done))] {
    if (!impl->board().find(id)) return done(fail(unknown_service(id)));
    impl->stop(id, done);
  });
}

void Supervisor::stop_all(Duration timeout, ServiceDone done) {
  impl_->closing() = true;
  post(impl_->strand(),
       [impl = impl_.get(), timeout, done = or_nothing(std::move(done))] { impl->stop_all(timeout, done); });
}

std::vector<ServiceStatus> Supervisor::snapshot() const { return impl_->board().all(); }

std::optional<ServiceStatus> Supervisor::status(const EntryId& id) const { return impl_->board().find(id); }

}  // namespace trivium::units
