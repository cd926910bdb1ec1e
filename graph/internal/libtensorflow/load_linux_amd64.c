#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

// report_search says where the dynamic linker looks for a program's libraries:
// in LD_LIBRARY_PATH, in the program's rpath, and in the system's folders.
static void report_search(FILE *out) {
	void *program = dlopen(NULL, RTLD_LAZY);
	Dl_serinfo head;
	if (!program || dlinfo(program, RTLD_DI_SERINFOSIZE, &head)) return;
	Dl_serinfo *info = malloc(head.dls_size);
	if (!info) return;
	dlinfo(program, RTLD_DI_SERINFOSIZE, info);
	if (!dlinfo(program, RTLD_DI_SERINFO, info))
		for (unsigned i = 0; i < info->dls_cnt; i++)
			fprintf(out, "%s%s", i ? ", " : " in ", info->dls_serpath[i].dls_name);
	free(info);
}

static void load(void) {
	size_t size;
	FILE *out = NULL;
	for (int i = 0; i < number_of_files; i++) {
		// Global, as a library that the program is linked with: plugins that
		// TensorFlow loads look for its symbols.
		library = dlopen(files[i], RTLD_LAZY | RTLD_GLOBAL);
		if (library) return;
		const char *error = dlerror();
		// An error about the file as it was asked for says that there is none.
		// Any other is about one that was found, and does not load.
		if (strncmp(error, files[i], strlen(files[i])) != 0) {
			fault = strdup(error);
			return;
		}
	}
	if (!(out = open_memstream(&fault, &size))) return;
	fprintf(out, "there is no ");
	for (int i = 0; i < number_of_files; i++) fprintf(out, "%s%s", i ? " or " : "", files[i]);
	report_search(out);
	fclose(out);
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
