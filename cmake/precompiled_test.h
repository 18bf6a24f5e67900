#pragma once
// What tests read besides.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
