// Runs {{ file }} from C++17 with the C API of LiteRT. On Linux:
//
//     pip install "ai-edge-litert{{ releases }}"    # brings the library; no Python runs later
//     LITERT=$(python -c "import ai_edge_litert; print(ai_edge_litert.__path__[0])")
//     g++ -std=c++17 -O2 example_cpp.cc "$LITERT/libLiteRt.so" -Wl,-rpath,"$LITERT" -o example_cpp
//     ./example_cpp
//     ./example_cpp --file {{ file }} --seed 7 --rows 4 --outputs outputs.txt
//
// It draws a row, and runs every signature on it. model.json says what each input and output means;
// the same seed and index give the same row as in Python, on Android and in the browser.

#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

// What is used of litert/c/*.h, which the package leaves out. Other releases than those named above
// may take other arguments (2.1 does): include their headers instead.
extern "C" {
struct LiteRtRankedTensorType {
  int element_type;
  unsigned rank : 7, has_strides : 1;
  std::int32_t dimensions[8];
  std::uint32_t strides[8];
};
struct LiteRtEnvOption {
  int tag;
  struct {
    int type;
    std::int64_t number;
  } value;
};
using LiteRtEnvironment = struct LiteRtEnvironmentT*;
using LiteRtModel = struct LiteRtModelT*;
using LiteRtSignature = struct LiteRtSignatureT*;
using LiteRtTensor = struct LiteRtTensorT*;
using LiteRtOptions = struct LiteRtOptionsT*;
using LiteRtCompiledModel = struct LiteRtCompiledModelT*;
using LiteRtTensorBuffer = struct LiteRtTensorBufferT*;
int LiteRtCreateEnvironment(int, const LiteRtEnvOption*, LiteRtEnvironment*);
void LiteRtDestroyEnvironment(LiteRtEnvironment);
int LiteRtCreateModelFromFile(LiteRtEnvironment, const char*, LiteRtModel*);
void LiteRtDestroyModel(LiteRtModel);
int LiteRtGetNumModelSignatures(LiteRtModel, std::size_t*);
int LiteRtGetModelSignature(LiteRtModel, std::size_t, LiteRtSignature*);
int LiteRtGetSignatureKey(LiteRtSignature, const char**);
int LiteRtGetNumSignatureInputs(LiteRtSignature, std::size_t*);
int LiteRtGetNumSignatureOutputs(LiteRtSignature, std::size_t*);
int LiteRtGetSignatureInputName(LiteRtSignature, std::size_t, const char**);
int LiteRtGetSignatureOutputName(LiteRtSignature, std::size_t, const char**);
int LiteRtGetSignatureInputTensorByIndex(LiteRtSignature, std::size_t, LiteRtTensor*);
int LiteRtGetSignatureOutputTensorByIndex(LiteRtSignature, std::size_t, LiteRtTensor*);
int LiteRtGetRankedTensorType(LiteRtTensor, LiteRtRankedTensorType*);
int LiteRtCreateOptions(LiteRtOptions*);
int LiteRtSetOptionsHardwareAccelerators(LiteRtOptions, int);
void LiteRtDestroyOptions(LiteRtOptions);
int LiteRtCreateCompiledModel(LiteRtEnvironment, LiteRtModel, LiteRtOptions, LiteRtCompiledModel*);
void LiteRtDestroyCompiledModel(LiteRtCompiledModel);
int LiteRtCompiledModelResizeInputTensor(LiteRtCompiledModel, std::size_t signature,
                                         std::size_t input, const int*, std::size_t);
int LiteRtRunCompiledModel(LiteRtCompiledModel, std::size_t signature, std::size_t,
                           LiteRtTensorBuffer*, std::size_t, LiteRtTensorBuffer*);
int LiteRtCreateManagedTensorBuffer(LiteRtEnvironment, int kind, const LiteRtRankedTensorType*,
                                    std::size_t, LiteRtTensorBuffer*);
void LiteRtDestroyTensorBuffer(LiteRtTensorBuffer);
int LiteRtLockTensorBuffer(LiteRtTensorBuffer, void**, int mode);
int LiteRtUnlockTensorBuffer(LiteRtTensorBuffer);
}

using Values = std::variant<std::vector<float>, std::vector<std::int32_t>>;
using Named = std::map<std::string, Values>;

constexpr int kFloat32 = 1, kInt32 = 2, kCpu = 1, kHostMemory = 1, kRead = 0, kWrite = 1;
// The CPU alone, and no word of what is found on the way: tag, then type and value of an integer.
constexpr int kInteger = 2, kSilent = 4;
constexpr LiteRtEnvOption kEnvironment[] = {LiteRtEnvOption{24, {kInteger, kCpu}},
                                            LiteRtEnvOption{25, {kInteger, kSilent}}};

void Check(int status, const std::string& what) {
  if (status != 0) {
    throw std::runtime_error(what + " (status " + std::to_string(status) + " of LiteRT)");
  }
}

template <auto Destroy>
struct Destroyer {
  template <typename T>
  void operator()(T* object) const { Destroy(object); }
};
template <typename T, auto Destroy>
using Owned = std::unique_ptr<T, Destroyer<Destroy>>;
using Buffer = Owned<LiteRtTensorBufferT, LiteRtDestroyTensorBuffer>;

// One input or output, of one row.
struct Tensor {
  std::string name;
  LiteRtRankedTensorType type;
  bool any_batch = false;

  std::size_t Size() const {
    std::size_t size = 1;
    for (unsigned axis = 0; axis < type.rank; ++axis) size *= type.dimensions[axis];
    return size;
  }
  Values Filled(double value) const {
    if (type.element_type == kInt32) {
      return std::vector<std::int32_t>(Size(), static_cast<std::int32_t>(value));
    }
    return std::vector<float>(Size(), static_cast<float>(value));
  }
};

struct Signature {
  std::size_t index = 0;
  std::vector<Tensor> inputs, outputs;
};

class Vae {
 public:
  explicit Vae(const std::string& file) : file_(file) {
    CheckKind();
    LiteRtEnvironment environment = nullptr;
    Check(LiteRtCreateEnvironment(2, kEnvironment, &environment), "LiteRT does not start");
    environment_.reset(environment);
    LiteRtModel model = nullptr;
    Check(LiteRtCreateModelFromFile(environment, file.c_str(), &model), file + " is damaged");
    model_.reset(model);
    ReadSignatures();
    LiteRtOptions options = nullptr;
    Check(LiteRtCreateOptions(&options), "LiteRT takes no options");
    Owned<LiteRtOptionsT, LiteRtDestroyOptions> owned(options);
    Check(LiteRtSetOptionsHardwareAccelerators(options, kCpu), "LiteRT does not run on the CPU");
    LiteRtCompiledModel compiled = nullptr;
    Check(LiteRtCreateCompiledModel(environment, model, options, &compiled), file + " is damaged");
    compiled_.reset(compiled);
  }

  const std::map<std::string, Signature>& signatures() const { return signatures_; }

  // Runs a signature on one row; every input must be given, in its size and type.
  Named Run(const std::string& name, const Named& given) {
    const Signature& signature = signatures_.at(name);
    std::vector<Buffer> buffers;
    std::vector<LiteRtTensorBuffer> inputs, outputs;
    for (const Tensor& tensor : signature.inputs) {
      auto found = given.find(tensor.name);
      if (found == given.end()) throw std::runtime_error(name + " needs the input " + tensor.name);
      if (tensor.any_batch) {
        Check(LiteRtCompiledModelResizeInputTensor(compiled_.get(), signature.index, inputs.size(),
                                                   tensor.type.dimensions, tensor.type.rank),
              name + " takes no batch of one");
      }
      buffers.push_back(MakeBuffer(tensor));
      inputs.push_back(buffers.back().get());
      std::visit([&](const auto& values) { Write(tensor, values, inputs.back()); }, found->second);
    }
    for (const Tensor& tensor : signature.outputs) {
      buffers.push_back(MakeBuffer(tensor));
      outputs.push_back(buffers.back().get());
    }
    Check(LiteRtRunCompiledModel(compiled_.get(), signature.index, inputs.size(), inputs.data(),
                                 outputs.size(), outputs.data()),
          name + " does not run");
    Named results;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      Values values = signature.outputs[i].Filled(0);
      std::visit([&](auto& read) { Read(read, outputs[i]); }, values);
      results[signature.outputs[i].name] = std::move(values);
    }
    return results;
  }

 private:
  void CheckKind() const {
    std::ifstream stream(file_, std::ios::binary);
    char head[32] = "";
    if (!stream) throw std::runtime_error("there is no file " + file_);
    if (!stream.read(head, sizeof head) || std::memcmp(head + 4, "TFL3", 4) != 0) {
      throw std::runtime_error(file_ + " is no TFLite file");
    }
  }

  void ReadSignatures() {
    std::size_t count = 0;
    Check(LiteRtGetNumModelSignatures(model_.get(), &count), file_ + " is damaged");
    for (std::size_t index = 0; index < count; ++index) {
      LiteRtSignature handle = nullptr;
      const char* name = nullptr;
      std::size_t inputs = 0, outputs = 0;
      Check(LiteRtGetModelSignature(model_.get(), index, &handle), file_ + " is damaged");
      Check(LiteRtGetSignatureKey(handle, &name), file_ + " is damaged");
      Check(LiteRtGetNumSignatureInputs(handle, &inputs), file_ + " is damaged");
      Check(LiteRtGetNumSignatureOutputs(handle, &outputs), file_ + " is damaged");
      Signature& made = signatures_[name];
      made.index = index;
      for (std::size_t i = 0; i < inputs; ++i) {
        made.inputs.push_back(ReadTensor(handle, i, LiteRtGetSignatureInputName,
                                         LiteRtGetSignatureInputTensorByIndex));
      }
      for (std::size_t i = 0; i < outputs; ++i) {
        made.outputs.push_back(ReadTensor(handle, i, LiteRtGetSignatureOutputName,
                                          LiteRtGetSignatureOutputTensorByIndex));
      }
    }
    if (signatures_.empty()) throw std::runtime_error(file_ + " has no signatures");
  }

  template <typename NameOf, typename TensorOf>
  Tensor ReadTensor(LiteRtSignature signature, std::size_t index, NameOf name_of,
                    TensorOf tensor_of) const {
    const char* name = nullptr;
    LiteRtTensor handle = nullptr;
    Tensor tensor;
    Check(name_of(signature, index, &name), file_ + " is damaged");
    Check(tensor_of(signature, index, &handle), file_ + " is damaged");
    Check(LiteRtGetRankedTensorType(handle, &tensor.type), file_ + " is damaged");
    tensor.name = name;
    if (tensor.type.element_type != kFloat32 && tensor.type.element_type != kInt32) {
      throw std::runtime_error(tensor.name + " is neither float32 nor int32; take {{ file }}");
    }
    for (unsigned axis = 0; axis < tensor.type.rank; ++axis) {
      if (tensor.type.dimensions[axis] >= 0) continue;
      tensor.type.dimensions[axis] = 1;
      tensor.any_batch = true;
    }
    return tensor;
  }

  Buffer MakeBuffer(const Tensor& tensor) const {
    LiteRtTensorBuffer buffer = nullptr;
    Check(LiteRtCreateManagedTensorBuffer(environment_.get(), kHostMemory, &tensor.type,
                                          4 * tensor.Size(), &buffer),
          "there is no memory for " + tensor.name);
    return Buffer(buffer);
  }

  template <typename T>
  void Write(const Tensor& tensor, const std::vector<T>& values, LiteRtTensorBuffer buffer) const {
    const bool is_float = std::is_same_v<T, float>;
    if (is_float != (tensor.type.element_type == kFloat32) || values.size() != tensor.Size()) {
      throw std::runtime_error(
          tensor.name + " must be " + std::to_string(tensor.Size()) +
          (tensor.type.element_type == kFloat32 ? " numbers of float32" : " numbers of int32"));
    }
    void* memory = nullptr;
    Check(LiteRtLockTensorBuffer(buffer, &memory, kWrite), tensor.name + " cannot be written");
    std::memcpy(memory, values.data(), values.size() * sizeof(T));
    Check(LiteRtUnlockTensorBuffer(buffer), tensor.name + " cannot be written");
  }

  template <typename T>
  void Read(std::vector<T>& values, LiteRtTensorBuffer buffer) const {
    void* memory = nullptr;
    Check(LiteRtLockTensorBuffer(buffer, &memory, kRead), "an output cannot be read");
    std::memcpy(values.data(), memory, values.size() * sizeof(T));
    Check(LiteRtUnlockTensorBuffer(buffer), "an output cannot be read");
  }

  std::string file_;
  // Destroyed in the opposite order: what is used last, first.
  Owned<LiteRtEnvironmentT, LiteRtDestroyEnvironment> environment_;
  Owned<LiteRtModelT, LiteRtDestroyModel> model_;
  Owned<LiteRtCompiledModelT, LiteRtDestroyCompiledModel> compiled_;
  std::map<std::string, Signature> signatures_;
};

// Inputs of the right size: put your own data here.
Named MadeUp(const Signature& signature, int seed, int row, const Named& drawn) {
  Named inputs;
  for (const Tensor& tensor : signature.inputs) {
    auto example = tensor.name == "x" ? drawn.find("mean") : drawn.end();
    if (tensor.name == "seed") {
      inputs[tensor.name] = tensor.Filled(seed);
    } else if (tensor.name == "index") {
      inputs[tensor.name] = tensor.Filled(row);
    } else if (example != drawn.end()) {
      inputs[tensor.name] = example->second;
    } else {
      inputs[tensor.name] = tensor.Filled(tensor.type.element_type == kInt32 ? 0 : 0.5);
    }
  }
  return inputs;
}

// LiteRT trusts what a file says: one that was cut short or mixed up ends in a signal, or never.
constexpr unsigned kSeconds = 20;

void OnSignal(int) {
  constexpr char kMessage[] = "example_cpp: the file is damaged\n";
  if (write(STDERR_FILENO, kMessage, sizeof kMessage - 1) < 0) std::_Exit(2);
  std::_Exit(1);
}

int Number(const std::string& text) {
  std::size_t end = 0;
  try {
    const int number = std::stoi(text, &end);
    if (end == text.size()) return number;
  } catch (const std::logic_error&) {
  }
  throw std::runtime_error("no 32-bit whole number: " + text);
}

int main(int argc, char** argv) {
  std::map<std::string, std::string> options{
      {"--file", "{{ file }}"}, {"--seed", "0"}, {"--rows", "1"}, {"--outputs", ""}};
  for (int number : {SIGABRT, SIGALRM, SIGBUS, SIGFPE, SIGSEGV}) std::signal(number, OnSignal);
  try {
    for (int i = 1; i < argc; i += 2) {
      if (options.count(argv[i]) == 0 || i + 1 == argc) {
        throw std::runtime_error(std::string("not understood: ") + argv[i]);
      }
      options[argv[i]] = argv[i + 1];
    }
    const int seed = Number(options["--seed"]), rows = Number(options["--rows"]);
    alarm(kSeconds);
    Vae vae(options["--file"]);
    std::ofstream file;
    if (!options["--outputs"].empty()) file.open(options["--outputs"]);
    file.precision(9);
    for (int row = 0; row < rows; ++row) {
      alarm(kSeconds);
      Named drawn;
      auto sample = vae.signatures().find("sample");
      if (sample != vae.signatures().end()) {
        drawn = vae.Run("sample", MadeUp(sample->second, seed, row, {}));
      }
      for (const auto& [name, signature] : vae.signatures()) {
        for (const auto& [output, values] : vae.Run(name, MadeUp(signature, seed, row, drawn))) {
          std::visit([&](const auto& numbers) {
            std::cout << row << ' ' << name << ' ' << output << ": " << numbers.size()
                      << (numbers.size() == 1 ? " number, " : " numbers, from ") << numbers.front()
                      << '\n';
            file << row << ' ' << name << ' ' << output;
            for (auto number : numbers) file << ' ' << number;
            file << '\n';
          }, values);
        }
      }
    }
    if (!options["--outputs"].empty() && !file) {
      throw std::runtime_error("cannot write " + options["--outputs"]);
    }
  } catch (const std::exception& error) {
    std::cerr << "example_cpp: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
