#include "cli/assembly/kinds.h"

#include "app/lua_entry.h"
#include "cli/assembly/entries.h"
#include "cli/assembly/supervisor_entry.h"
#include "services/contract_entries.h"
#include "services/env_entries.h"

namespace trivium::cli {
namespace {

template <auto read>
void check(const app::Entry& entry, const app::FieldContext& context, app::Problems& problems) {
  app::Fields fields(entry, context, problems);
  read(fields);
}

}  // namespace

const app::Kinds& runtime_kinds() {
  static const app::Kinds kinds = [] {
    app::Kinds made;
    for (const char* lua : {"library.lua", "module.lua"}) made.add(lua);
    for (const char* callable : {"function.lua", "process.lua"}) made.add(callable, check_activity_options);
    made.add("workflow.lua", [](const app::Entry& entry, const app::FieldContext&, app::Problems& problems) {
      check_workflow_meta(entry, problems);
    });
    made.add("process.host", check<read_process_host>);
    made.add("terminal.host", check<read_terminal_host>);
    made.add("process.service", check<read_process_service>);
    made.add("pg.scope", check<read_group_scope>);
    made.add("process.supervisor",
             [](const app::Entry& entry, const app::FieldContext& context, app::Problems& problems) {
               read_supervisor(entry, context, problems);
             });
    made.add("workflow.sqlite", check<read_workflow_store>);
    made.add("workflow.postgres", check<read_workflow_postgres>);
    made.add("workflow.worker", check<read_workflow_worker>);
    services::add_env_kinds(made);
    services::add_contract_kinds(made);
    return made;
  }();
  return kinds;
}

}  // namespace trivium::cli
