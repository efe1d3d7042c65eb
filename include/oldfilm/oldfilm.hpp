#pragma once
/// \file
/// All of the library's public headers, but for those of plugin authors (stage.hpp,
/// stage_torch.hpp, plugin.h) and opencv.hpp.

#include <oldfilm/analysis.hpp>
#include <oldfilm/check.hpp>
#include <oldfilm/cluster.hpp>
#include <oldfilm/color.hpp>
#include <oldfilm/error.hpp>
#include <oldfilm/evidence.hpp>
#include <oldfilm/frame.hpp>
#include <oldfilm/ledger.hpp>
#include <oldfilm/log.hpp>
#include <oldfilm/media.hpp>
#include <oldfilm/model.hpp>
#include <oldfilm/native_streams.hpp>
#include <oldfilm/parameter.hpp>
#include <oldfilm/pipeline.hpp>
#include <oldfilm/plugins.hpp>
#include <oldfilm/process.hpp>
#include <oldfilm/profile.hpp>
#include <oldfilm/project.hpp>
#include <oldfilm/provenance.hpp>
#include <oldfilm/recording.hpp>
#include <oldfilm/regions.hpp>
#include <oldfilm/restore.hpp>
#include <oldfilm/shots.hpp>
#include <oldfilm/sound.hpp>
#include <oldfilm/speech.hpp>
#include <oldfilm/time.hpp>
#include <oldfilm/verification.hpp>
#include <oldfilm/version.hpp>
