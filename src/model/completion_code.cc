#include "model/completion_code.h"

namespace everdial {

CompletionCode completion_code_of_sip_status(int status) {
  switch (status) {
    case 486:
    case 600:
      return CompletionCode::call_busy;
    case 408:
    case 480:
    case 487:
      return CompletionCode::ring_no_answer;
    case 404:
    case 410:
    case 484:
    case 604:
      return CompletionCode::invalid_number;
    case 401:
    case 403:
    case 407:
    case 603:
    case 607:
    case 608:
      return CompletionCode::call_rejected;
    default:
      return status >= 200 && status < 300 ? CompletionCode::answer_human : CompletionCode::general_failure;
  }
}

}  // namespace everdial
