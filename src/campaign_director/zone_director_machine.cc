#include "campaign_director/zone_director_machine.h"

#include "base/overloaded.h"

namespace everdial {

std::vector<ZoneDirectorEffect> ZoneDirectorMachine::step(const ZoneDirectorInput& input, Instant) {
  std::vector<ZoneDirectorEffect> out;
  std::visit(Overloaded{
                 [&](const ZoneJobsSeen& i) {
                   for (JobId job : i.filtering)
                     if (under_way_.insert(job).second) out.push_back(FilterChunk{job});
                 },
                 [&](const ChunkFiltered& i) {
                   if (i.complete) under_way_.erase(i.job);
                   else out.push_back(FilterChunk{i.job});
                 },
                 [&](const ChunkFailed& i) { under_way_.erase(i.job); },  // seen again with the next look
             },
             input);
  return out;
}

}  // namespace everdial
