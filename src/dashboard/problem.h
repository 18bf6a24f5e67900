#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dashboard/api_message.h"

namespace everdial {

/// One thing that was wrong: a JSON pointer into the body, "?name" of a query parameter or "{name}" of a part of the path.
struct FieldError {
  std::string pointer;
  std::string detail;
  bool operator==(const FieldError&) const = default;
};

/// An error as RFC 9457 has it. `word` is what a program relies on: urn:everdial:problem:WORD.
struct Problem {
  int status = 500;
  std::string word = "internal";
  std::string title;
  std::string detail;
  std::vector<FieldError> errors;
  std::vector<std::pair<std::string, std::string>> headers;  ///< of the answer: Allow, Retry-After
};

Problem invalid_problem(std::vector<FieldError> errors);
Problem unauthorized_problem(std::string detail);
Problem forbidden_problem(std::string detail);
Problem not_found_problem(std::string detail);
Problem conflict_problem(std::string detail, std::vector<FieldError> errors = {});
/// Not under the present load (L-03); who asks tries again by himself.
Problem restricted_problem(std::string_view what, const std::string& reason);
/// Operating errors of the store. What the database said of a bug of ours is for the log, not for the client.
Problem problem_of(const Error& error);

Response to_response(const Problem& problem, std::string_view request_id);

}  // namespace everdial
