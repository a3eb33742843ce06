// A question to the engine. Texts lie on its heap: the tokens of a file are more than its stack.
function answer_of(engine, text) {
    const size = engine.lengthBytesUTF8(text) + 1, place = engine._malloc(size);
    engine.stringToUTF8(text, place, size);
    const told = engine.UTF8ToString(engine._moebius_answer(place));
    engine._free(place);
    return told;
}
