# make VERB does what ./dev VERB does; ./dev help lists the verbs.
.PHONY: help setup demo test build bench lint
help setup demo test build bench lint:
	@./dev $@
