#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "load_linux_amd64.h"

// The library as Python's package has it, and as the archive of libtensorflow.
static const char *const files[] = {"libtensorflow_cc.so.2", "libtensorflow.so.2"};
enum { number_of_files = sizeof files / sizeof *files };

static const char *const names[] = {
#define FUNCTION(name) #name,
#include "functions.h"
};

// Where the functions of these names lead to: see trampolines_linux_amd64.S.
__attribute__((visibility("hidden"))) extern void *tensorflow_functions[];

static pthread_once_t once = PTHREAD_ONCE_INIT;
static void *library;
static char *fault;

static void load(void) {
	for (int i = 0; i < number_of_files; i++) {
		// Global, as a library that the program is linked with: plugins that
		// TensorFlow loads look for its symbols. The program's rpath counts for
		// this call, and for those that open the CUDA libraries, as if linked.
		library = dlopen(files[i], RTLD_LAZY | RTLD_GLOBAL);
		if (library) return;
		char *before = fault;
		if (asprintf(&fault, "%s%s%s", before ? before : "", before ? "; " : "", dlerror()) < 0) fault = NULL;
		free(before);
	}
}

const char *load_tensorflow(void) {
	pthread_once(&once, load);
	if (library) return NULL;
	return fault ? fault : "out of memory";
}

// bind_tensorflow returns the function that the pointer is to lead to. A program
// that comes here without a library, or with one that lacks the function, can
// only end: who loads the library by load_tensorflow gets an error before.
__attribute__((visibility("hidden"))) void *bind_tensorflow(void **pointer) {
	const char *name = names[pointer - tensorflow_functions];
	const char *error = load_tensorflow();
	void *function = error ? NULL : dlsym(library, name);
	if (!function) {
		fprintf(stderr, "failed to call %s of TensorFlow: %s\n", name, error ? error : dlerror());
		abort();
	}
	__atomic_store_n(pointer, function, __ATOMIC_RELAXED);
	return function;
}
