#include "main/version.h"

namespace everdial {

const char* const kVersion = EVERDIAL_VERSION;

}  // namespace everdial
