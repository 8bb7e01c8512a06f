"""Inkling's front door: navigation, the sidebar's status, and the edge where errors become sentences. No logic.

`streamlit run dashboard.py` imports this file once, as the server it starts, and runs it again as `__main__` for each visitor.
"""

import streamlit as st

from pages.components import frame, remembering, serving

if __name__ == "__main__":
    st.set_page_config(page_title="Inkling", page_icon=frame.icon(), layout="wide")
    page = st.navigation(
        {
            "": [st.Page("pages/start/start.py", title="Start", icon=":material/home:", default=True)],
            "Explore": [
                st.Page("pages/explore/samples.py", title="Samples", icon=":material/grid_view:"),
                st.Page("pages/explore/statistics.py", title="Statistics", icon=":material/bar_chart:"),
                st.Page("pages/explore/map.py", title="Map", icon=":material/scatter_plot:"),
                st.Page("pages/explore/your_data.py", title="Your data", icon=":material/upload_file:"),
            ],
            "Train": [
                st.Page("pages/train/build.py", title="Build and train", icon=":material/network_node:"),
                st.Page("pages/train/runs.py", title="Runs", icon=":material/history:"),
            ],
            "Predict": [
                st.Page("pages/predict/score.py", title="Score", icon=":material/fact_check:"),
                st.Page("pages/predict/mistakes.py", title="Mistakes", icon=":material/rule:"),
                st.Page("pages/predict/one_image.py", title="One image", icon=":material/image_search:"),
                st.Page("pages/predict/break_it.py", title="Break it", icon=":material/blur_on:"),
                st.Page("pages/predict/compare.py", title="Compare", icon=":material/balance:"),
                st.Page("pages/predict/draw.py", title="Draw", icon=":material/draw:"),
                st.Page("pages/predict/handwriting.py", title="My handwriting", icon=":material/edit_note:"),
            ],
        },
        # Otherwise the last pages hide behind "View more", Draw among them.
        expanded=True,
    )
    with frame.errors_shown(), remembering.remembered():
        frame.sidebar_status(page)
        page.run()
else:
    app = st.App(__file__, lifespan=serving.lifespan, middleware=serving.MIDDLEWARE)
