"""Draw something, see it as the network gets it, and what the network takes it for."""

from pages.components import about_reader, drawing, frame, readers, reading

frame.page_header(
    "Draw", "Draw a digit and see what a network takes it for, how sure it is, and whether it finds anything unusual about it."
)
way = drawing.pick_way()
first, second = readers.pick_readers(with_second=way != drawing.Way.SEVERAL)
about_reader.show_classes(first)
reading.get_ready(first)
drawing.show_drawing(first, second, way)
about_reader.show_about(first)
