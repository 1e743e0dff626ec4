#include "units/workflows/signal.h"

#include "units/workflows/header.h"
#include "units/workflows/payload.h"

namespace trivium::units::workflows {

Result<InboundRow> signal_of(const lua::Message& message) {
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
