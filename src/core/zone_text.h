// Zone abbreviations as they appear in texts.
#pragma once

#include <cstddef>
#include <string_view>

namespace trivium {

// How much of the start of `text` is a zone abbreviation: three capitals, four or five that end in T,
// WITA, ChST, MeST, GMT with an optional hour offset, or a bare hour offset. 0 when it is none.
size_t abbreviation_length(std::string_view text);

// Seconds east of UTC for "GMT+3" and the like; 0 for every other abbreviation.
int offset_of_gmt_name(std::string_view abbreviation);

}  // namespace trivium
