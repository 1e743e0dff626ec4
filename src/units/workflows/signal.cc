#include "units/workflows/signal.h"

#include "units/workflows/header.h"
#include "units/workflows/names.h"
#include "units/workflows/payload.h"

namespace trivium::units::workflows {

Result<InboundRow> signal_of(const lua::Message& message) {
  if (Result<> named = check_name("the topic", message.topic); !named) return fail(std::move(named.error()));
  Result<Array> input = payloads_of(message.values);
  if (!input) return fail(std::move(input.error()));
  if (input->empty()) input->push_back(null_payload());
  InboundRow inbound;
  inbound.type = EventType::execution_signaled;
  inbound.attributes = Object{{"signal_name", message.topic},
                              {"input", std::move(*input)},
                              {"header", signal_header(Frame(), message.from.text())}};
  return inbound;
}

}  // namespace trivium::units::workflows
